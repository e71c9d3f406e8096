import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Where a ciphertext belongs. It is authenticated with the text, so that a value moved to another row or column can't be read. */
export interface FieldAddress {
  table: string;
  id: string;
  field: string;
}

const VERSION = 'v1';

/**
 * Encrypts single fields with AES-256-GCM. A stored value is `v1:<key id>:<base64 of nonce, tag, ciphertext>`.
 * The key lives in a file outside the database, so that a dump alone gives nothing away.
 */
export class FieldCipher {
  private readonly keyId: string;

  constructor(private readonly key: Buffer) {
    if (key.length !== 32) throw new Error('the encryption key must have 256 bits, written in base64');
    this.keyId = createHash('sha256').update(key).digest('hex').slice(0, 8);
  }

  /** Reads the key file; makes it (mode 0600) when it is absent. Two processes that start together end with the same key. */
  static async load(file: string): Promise<FieldCipher> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
    await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
    try {
      await link(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      await unlink(draft);
    }
    return new FieldCipher(Buffer.from((await readFile(file, 'utf8')).trim(), 'base64'));
  }

  encrypt(text: string, address: FieldAddress): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(this.aad(address));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${VERSION}:${this.keyId}:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
  }

  /** Throws when the value was written with another key, belongs to another field, or was altered. */
  decrypt(stored: string, address: FieldAddress): string {
    const [version, keyId, payload] = stored.split(':');
    if (version !== VERSION || payload === undefined) throw new Error(`${address.table}.${address.field}: not a value of this cipher`);
    if (keyId !== this.keyId) throw new Error(`${address.table}.${address.field}: encrypted with key ${keyId}, this is key ${this.keyId}`);
    const bytes = Buffer.from(payload, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12))
      .setAAD(this.aad(address))
      .setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  }

  private aad({ table, id, field }: FieldAddress): Buffer {
    return Buffer.from(JSON.stringify([VERSION, this.keyId, table, id, field]));
  }
}
