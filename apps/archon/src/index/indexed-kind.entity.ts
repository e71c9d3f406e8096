import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A kind as the index numbers it, whatever its version: it has a partition of its own. */
@Entity('indexed_kinds')
@Unique('indexed_kinds_resource_key', ['apiGroup', 'resource'])
export class IndexedKindEntity {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS', primaryKeyConstraintName: 'indexed_kinds_pkey' })
  id: number;

  @Column({ name: 'api_group', type: 'text' })
  apiGroup: string;

  @Column({ type: 'text' })
  resource: string;
}
