import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { importPKCS8, SignJWT } from 'jose';
import type { Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { SigningKeyEntity } from './signing-key.entity.js';

export const SIGNING_ALGORITHM = 'RS256';
export const TOKEN_ISSUER = 'archon';
export const TOKEN_AUDIENCE = 'archon-api';

const KEY_LOCK = 7_264_501_339;

/** The key that signs API tokens: made at the first start, the same for all replicas. */
@Injectable()
export class SigningKeys implements OnModuleInit {
  private current: { id: string; publicKey: string; privateKey: string } | undefined;

  constructor(
    @InjectRepository(SigningKeyEntity) private readonly rows: Repository<SigningKeyEntity>,
    private readonly cipher: FieldCipher,
  ) {}

  async onModuleInit(): Promise<void> {
    const row = (await this.findNewest()) ?? (await this.create());
    this.current = { id: row.id, publicKey: row.publicKey, privateKey: this.cipher.decrypt(row.privateKey, this.address(row.id)) };
  }

  get publicKey(): string {
    return this.key.publicKey;
  }

  /** A signed JWT (RFC 7519) of a type, which is a claim as in the platform's API tokens. Times in seconds. */
  async sign(
    typ: 'AccessToken' | 'Session',
    claims: { jti: string; sub: string; iat: number; exp: number; sid?: string },
  ): Promise<string> {
    const { id, privateKey } = this.key;
    return new SignJWT({ typ, iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, ...claims })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: id })
      .sign(await importPKCS8(privateKey, SIGNING_ALGORITHM));
  }

  private get key() {
    if (this.current === undefined) throw new Error('the signing key is not loaded yet');
    return this.current;
  }

  private findNewest() {
    return this.rows.findOne({ where: {}, order: { createdAt: 'DESC' } });
  }

  /** Replicas that start together end with one key: the lock lets the second find what the first has made. */
  private create(): Promise<SigningKeyEntity> {
    return this.rows.manager.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [KEY_LOCK]);
      const found = await manager.findOne(SigningKeyEntity, { where: {}, order: { createdAt: 'DESC' } });
      if (found !== null) return found;
      const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      const id = randomUUID();
      return manager.save(SigningKeyEntity, {
        id,
        publicKey,
        privateKey: this.cipher.encrypt(privateKey, this.address(id)),
        createdAt: new Date(),
      });
    });
  }

  private address(id: string) {
    return { table: 'signing_keys', id, field: 'private_key' };
  }
}
