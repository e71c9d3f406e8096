import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { isPrincipalName } from '#kubernetes';
import { LoginLimits } from './login-limits.service.js';
import { Passwords } from './passwords.service.js';
import { LOCAL, UserEntity } from './user.entity.js';

/** Finds out whether somebody knows a user's password. */
@Injectable()
export class PasswordProof {
  constructor(
    @InjectRepository(UserEntity) private readonly rows: Repository<UserEntity>,
    private readonly passwords: Passwords,
    private readonly limits: LoginLimits,
  ) {}

  /**
   * The user when the password is right; undefined when it is wrong, or the user unknown, disabled, locked by failures, or somebody whom
   * another source vouches for. All of these cost the same work: an Argon2id hash and three statements.
   */
  async prove(name: string, password: string, address: string): Promise<UserEntity | undefined> {
    const mayTry = await this.limits.begin(name, address);
    const user = await this.rows.findOneBy({ name: isPrincipalName(name) ? name : '' });
    const canProve = mayTry && user?.source === LOCAL && user.disabledAt === null;
    const isRight = await this.passwords.matches(canProve ? user.password : null, password);
    if (!isRight || user === null) return undefined;
    await this.limits.forgive(name, address);
    if (user.password !== null && this.passwords.isOutdated(user.password)) await this.renew(user, password);
    return user;
  }

  /** The same password, hashed at today's cost. */
  private async renew({ id, generation }: UserEntity, password: string): Promise<void> {
    await this.rows.update({ id, generation }, { password: await this.passwords.hash(password) });
  }
}
