import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { link, mkdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isGuessableKey } from './guessable-key.js';

export interface EncryptionKey {
  /** The first eight hexadecimal digits of its SHA-256: tells keys apart and gives nothing away. */
  id: string;
  bytes: Buffer;
}

/** The keys that encrypt fields, read from a file: one per line in base64. The first one writes; all of them read. */
export class EncryptionKeys {
  private keys: EncryptionKey[] = [];
  private version = '';

  private constructor(private readonly file: string) {
    this.refresh();
  }

  /** Makes the file (mode 0600) with one key when it is absent. Processes that start together end with the same key. */
  static async load(file: string): Promise<EncryptionKeys> {
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
    return new EncryptionKeys(file);
  }

  /** The key for what is written now. Looks whether the file has changed, so that a new first line is used at once everywhere. */
  get writing(): EncryptionKey {
    this.refresh();
    const [first] = this.keys;
    if (first === undefined) throw new Error(`${this.file} holds no key`);
    return first;
  }

  /** The key of this id; a key that is not known yet is looked for in the file. */
  find(id: string): EncryptionKey | undefined {
    const known = this.keys.find((key) => key.id === id);
    if (known !== undefined) return known;
    this.refresh();
    return this.keys.find((key) => key.id === id);
  }

  /** Ids of all keys, the writing one first. */
  get ids(): string[] {
    this.refresh();
    return this.keys.map(({ id }) => id);
  }

  /** A file that is half written or gone for a moment changes nothing while keys are known. */
  private refresh(): void {
    try {
      const { mtimeMs, ino, size } = statSync(this.file);
      const version = `${mtimeMs}/${ino}/${size}`;
      if (version === this.version) return;
      this.keys = parseKeys(readFileSync(this.file, 'utf8'), this.file);
      this.version = version;
    } catch (error) {
      if (this.keys.length === 0) throw error;
    }
  }
}

function parseKeys(text: string, file: string): EncryptionKey[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const keys = lines.map((line) => {
    const bytes = Buffer.from(line, 'base64');
    if (bytes.length !== 32 || bytes.toString('base64') !== line)
      throw new Error(`${file} must hold one key per line: 256 bits in base64, as of "openssl rand -base64 32"`);
    if (isGuessableKey(bytes)) throw new Error(`${file} holds a key that can be guessed: make a random one with "openssl rand -base64 32"`);
    return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
  });
  if (keys.length === 0) throw new Error(`${file} holds no key`);
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new Error(`${file} holds two keys with the same id`);
  return keys;
}
