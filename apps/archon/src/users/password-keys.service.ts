import { constants, generateKeyPair, privateDecrypt, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { invalid } from '#errors';
import { PasswordKeyEntity } from './password-key.entity.js';
import { isEncryptedPassword, readSentPassword } from './sent-password.js';

const LOCK = 7_264_501_341;

/**
 * Reads passwords as clients send them: plain (TLS protects them), or encrypted with the key of `/auth/v1/pubkey`, as official clients do.
 * The key is for nothing else; it is made at the first start, the same for all replicas.
 */
@Injectable()
export class PasswordKeys implements OnModuleInit {
  private key: { publicKey: string; privateKey: string } | undefined;

  constructor(
    @InjectRepository(PasswordKeyEntity) private readonly rows: Repository<PasswordKeyEntity>,
    private readonly cipher: FieldCipher,
  ) {}

  async onModuleInit(): Promise<void> {
    const { id, publicKey, privateKey } = await this.findOrCreate();
    this.key = { publicKey, privateKey: this.cipher.decrypt(privateKey, address(id)) };
  }

  /** PEM (SPKI) of an RSA key of 2048 bits, for PKCS #1 v1.5 encryption. */
  get publicKey(): string {
    return this.loaded.publicKey;
  }

  /** The password in what was sent as `field`. Throws 422 when it is encrypted, but not freshly or not with this key. */
  reveal(sent: string, field: string): string {
    if (!isEncryptedPassword(sent)) return sent;
    // OpenSSL answers bad padding with random bytes (implicit rejection): whoever guesses at ciphertexts learns nothing.
    const key = { key: this.loaded.privateKey, padding: constants.RSA_PKCS1_PADDING };
    const password = readSentPassword(privateDecrypt(key, Buffer.from(sent, 'base64')).toString('utf8'), Date.now() / 1000);
    if (password === undefined)
      throw invalid('the request', [{ field, message: 'cannot be decrypted, or is older than 5 minutes: fetch /auth/v1/pubkey anew' }]);
    return password;
  }

  private get loaded() {
    if (this.key === undefined) throw new Error('the key for passwords is not loaded yet');
    return this.key;
  }

  private findOrCreate(): Promise<PasswordKeyEntity> {
    return this.rows.manager.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK]);
      const found = await manager.findOne(PasswordKeyEntity, { where: {}, order: { createdAt: 'DESC' } });
      if (found !== null) return found;
      const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      const id = randomUUID();
      const encrypted = this.cipher.encrypt(privateKey, address(id));
      return manager.save(PasswordKeyEntity, { id, publicKey, privateKey: encrypted, createdAt: new Date() });
    });
  }
}

const address = (id: string) => ({ table: 'password_keys', id, field: 'private_key' });
