import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The secret that goes into the hashes of API tokens, encrypted with the key outside the database: a dump alone can't check a guess. */
@Entity('token_peppers')
export class TokenPepperEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'token_peppers_pkey' })
  id: string;

  @Column({ type: 'text' })
  secret: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
