import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { TokenPepperEntity } from './token-pepper.entity.js';

const ID = 'api-tokens';

/**
 * What is kept of an API token: an HMAC-SHA-256 with a secret that the database has only encrypted. Who has a dump can neither use a token
 * nor check a guess. The secret is random and not derived from the encryption key, so that this key can be exchanged.
 */
@Injectable()
export class TokenHash implements OnModuleInit {
  private secret: Buffer | undefined;

  constructor(
    @InjectRepository(TokenPepperEntity) private readonly rows: Repository<TokenPepperEntity>,
    private readonly cipher: FieldCipher,
  ) {}

  /** Replicas that start together end with one secret: whoever comes second finds the row of the first. */
  async onModuleInit(): Promise<void> {
    const secret = this.cipher.encrypt(randomBytes(32).toString('base64'), ADDRESS);
    await this.rows.query('insert into token_peppers (id, secret, created_at) values ($1, $2, now()) on conflict do nothing', [ID, secret]);
    const row = await this.rows.findOneByOrFail({ id: ID });
    this.secret = Buffer.from(this.cipher.decrypt(row.secret, ADDRESS), 'base64');
  }

  of(token: string): Buffer {
    if (this.secret === undefined) throw new Error('the secret of the token hashes is not loaded yet');
    return createHmac('sha256', this.secret).update(token).digest();
  }

  /** In a time that tells nothing of how much of it is right. */
  matches(token: string, hash: Buffer): boolean {
    return hash.length === 32 && timingSafeEqual(this.of(token), hash);
  }
}

const ADDRESS = { table: 'token_peppers', id: ID, field: 'secret' };
