import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Failed logins of late, by account or by client network. */
@Entity('login_failures')
export class LoginFailureEntity {
  /** `account:` and a hash of the name that was tried (it may be a password typed into the wrong field), or `network:` and the network. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'login_failures_pkey' })
  key: string;

  @Column({ type: 'integer' })
  failures: number;

  /** When they are forgotten. */
  @Index('login_failures_until_idx')
  @Column({ type: 'timestamptz' })
  until: Date;
}
