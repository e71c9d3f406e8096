import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type EncryptionKey, EncryptionKeys } from './encryption-keys.gateway.js';

/** Where a ciphertext belongs. It is authenticated with the text, so that a value moved to another row or column can't be read. */
export interface FieldAddress {
  table: string;
  id: string;
  field: string;
}

const VERSION = 'v2';
/** Values of the first version: the key encrypts the text itself. They are read, and rewritten by a rotation. */
const FIRST_VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts single fields, each with a data key of its own (AES-256-GCM), which is encrypted with a key from a file outside the database: a
 * dump alone gives nothing away, and a rotation rewrites only the data keys. A stored value is
 * `v2:<key id>:<encrypted data key>:<encrypted text>`; both parts are nonce, ciphertext and tag in base64, bound to version, table, row and field.
 */
export class FieldCipher {
  constructor(private readonly keys: EncryptionKeys) {}

  /** Reads the key file; makes it when it is absent. */
  static async load(file: string): Promise<FieldCipher> {
    return new FieldCipher(await EncryptionKeys.load(file));
  }

  /** Ids of the keys that are known, the one that writes first. */
  get keyIds(): string[] {
    return this.keys.ids;
  }

  encrypt(text: string, address: FieldAddress): string {
    const dataKey = randomBytes(32);
    return this.join(dataKey, seal(Buffer.from(text, 'utf8'), dataKey, payloadContext(address)).toString('base64'), address);
  }

  /** Throws when the value was written with an unknown key, belongs to another field, or was altered. */
  decrypt(stored: string, address: FieldAddress): string {
    return this.open(stored, address).text;
  }

  /** The same text under the key that writes now; undefined when it is so already. Throws as `decrypt` does. */
  rewrap(stored: string, address: FieldAddress): string | undefined {
    const { text, version, keyId, dataKey, payload } = this.open(stored, address);
    if (version === VERSION && keyId === this.keys.writing.id) return undefined;
    return dataKey === undefined ? this.encrypt(text, address) : this.join(dataKey, payload, address);
  }

  private join(dataKey: Buffer, payload: string, address: FieldAddress): string {
    const { id, bytes } = this.keys.writing;
    return [VERSION, id, seal(dataKey, bytes, keyContext(id, address)).toString('base64'), payload].join(':');
  }

  private open(stored: string, address: FieldAddress) {
    const [version, keyId = '', first = '', second = '', ...rest] = stored.split(':');
    const where = `${address.table}.${address.field}`;
    const isFirst = version === FIRST_VERSION && second === '';
    if ((version !== VERSION && !isFirst) || rest.length > 0) throw new Error(`${where}: not a value of this cipher`);
    const key = this.keys.find(keyId);
    if (key === undefined) throw new Error(`${where}: encrypted with key ${keyId}, which is not in the key file`);
    if (isFirst) return { text: openFirstVersion(first, key, address), version, keyId, dataKey: undefined, payload: first };
    const dataKey = unseal(first, key.bytes, keyContext(keyId, address));
    return { text: unseal(second, dataKey, payloadContext(address)).toString('utf8'), version, keyId, dataKey, payload: second };
  }
}

const keyContext = (keyId: string, { table, id, field }: FieldAddress) => JSON.stringify([VERSION, 'key', keyId, table, id, field]);
const payloadContext = ({ table, id, field }: FieldAddress) => JSON.stringify([VERSION, 'text', table, id, field]);

function seal(plain: Buffer, key: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unseal(base64: string, key: Buffer, context: string): Buffer {
  const bytes = decode(base64);
  return decipher(key, context, bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES, -TAG_BYTES), bytes.subarray(-TAG_BYTES));
}

/** `<nonce, tag, ciphertext>`. */
function openFirstVersion(base64: string, { id: keyId, bytes: key }: EncryptionKey, { table, id, field }: FieldAddress): string {
  const bytes = decode(base64);
  const body = NONCE_BYTES + TAG_BYTES;
  const context = JSON.stringify([FIRST_VERSION, keyId, table, id, field]);
  return decipher(key, context, bytes.subarray(0, NONCE_BYTES), bytes.subarray(body), bytes.subarray(NONCE_BYTES, body)).toString('utf8');
}

function decipher(key: Buffer, context: string, nonce: Buffer, sealed: Buffer, tag: Buffer): Buffer {
  const opened = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context)).setAuthTag(tag);
  return Buffer.concat([opened.update(sealed), opened.final()]);
}

/** Only the one canonical spelling: else a changed letter could still mean the same bytes. */
function decode(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64') !== base64) throw new Error('an encrypted value was altered');
  return bytes;
}
