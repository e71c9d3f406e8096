import { createCipheriv, createHash, randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldCipher } from './field-cipher.service.js';

const address = { table: 'clusters', id: '7', field: 'credential' };
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'cipher-'))));
afterAll(() => rm(folder, { recursive: true }));

const newFile = () => path.join(folder, randomBytes(6).toString('hex'), 'encryption.key');
const newCipher = () => FieldCipher.load(newFile());
const newKey = () => randomBytes(32).toString('base64');

describe('FieldCipher', () => {
  it('gives back what it encrypted, and never twice the same ciphertext', async () => {
    const cipher = await newCipher();
    const stored = cipher.encrypt('CANARY é', address);
    expect(stored).not.toContain('CANARY');
    expect(stored.split(':')[3]).not.toBe(cipher.encrypt('CANARY é', address).split(':')[3]);
    expect(cipher.decrypt(stored, address)).toBe('CANARY é');
    expect(cipher.decrypt(cipher.encrypt('', address), address)).toBe('');
  });

  it('refuses a value of another row, field, table or key, also when only one of its parts was moved', async () => {
    const cipher = await newCipher();
    const stored = cipher.encrypt('text', address);
    for (const other of [
      { ...address, id: '8' },
      { ...address, field: 'token' },
      { ...address, table: 'users' },
    ]) {
      expect(() => cipher.decrypt(stored, other)).toThrow();
      const [, , key, text] = stored.split(':');
      const [version, id, otherKey, otherText] = cipher.encrypt('other', other).split(':');
      for (const mixed of [
        [version, id, key, otherText],
        [version, id, otherKey, text],
      ]) {
        expect(() => cipher.decrypt(mixed.join(':'), other)).toThrow();
        expect(() => cipher.decrypt(mixed.join(':'), address)).toThrow();
      }
    }
    const stranger = await newCipher();
    expect(() => stranger.decrypt(stored, address)).toThrow(/not in the key file/);
  });

  it('refuses a value of which any single character is another one', async () => {
    const cipher = await newCipher();
    const stored = cipher.encrypt('a text of some length', address);
    for (let i = 0; i < stored.length; i++) {
      const altered = Buffer.from(stored, 'latin1');
      altered[i] = (altered[i] ?? 0) ^ (1 << randomInt(8));
      expect(() => cipher.decrypt(altered.toString('latin1'), address), `character ${i}`).toThrow();
    }
  });

  it('reads with every key of the file, writes with the first, and sees a changed file at once', async () => {
    const file = newFile();
    const cipher = await FieldCipher.load(file);
    const first = cipher.encrypt('one', address);
    const [old, next] = [(await readFile(file, 'utf8')).trim(), newKey()];
    await writeFile(file, `${next}\n${old}\n`);
    const second = cipher.encrypt('two', address);
    expect([cipher.decrypt(first, address), cipher.decrypt(second, address)]).toEqual(['one', 'two']);
    expect(second.split(':')[1]).toBe(cipher.keyIds[0]);
    expect(first.split(':')[1]).toBe(cipher.keyIds[1]);

    const rewrapped = cipher.rewrap(first, address) ?? '';
    expect(rewrapped.split(':')[3]).toBe(first.split(':')[3]);
    expect(cipher.rewrap(rewrapped, address)).toBeUndefined();
    await writeFile(file, `${next}\n`);
    const alone = await FieldCipher.load(file);
    expect(alone.decrypt(rewrapped, address)).toBe('one');
    expect(() => alone.decrypt(first, address)).toThrow(/not in the key file/);
  });

  it('reads values of the first version, and rewrites them', async () => {
    const file = newFile();
    const cipher = await FieldCipher.load(file);
    const key = Buffer.from(await readFile(file, 'utf8'), 'base64');
    const keyId = createHash('sha256').update(key).digest('hex').slice(0, 8);
    const nonce = randomBytes(12);
    const sealing = createCipheriv('aes-256-gcm', key, nonce).setAAD(
      Buffer.from(JSON.stringify(['v1', keyId, 'clusters', '7', 'credential'])),
    );
    const sealed = Buffer.concat([sealing.update('older'), sealing.final()]);
    const stored = `v1:${keyId}:${Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString('base64')}`;
    expect(cipher.decrypt(stored, address)).toBe('older');
    expect(cipher.rewrap(stored, address)).toMatch(/^v2:/);
  });

  it.each(['', 'short', `${randomBytes(31).toString('base64')}`, 'a b c'])('refuses the key file %j', async (text) => {
    const file = path.join(folder, randomBytes(6).toString('hex'));
    await writeFile(file, text);
    await expect(FieldCipher.load(file)).rejects.toThrow(file);
  });

  it('makes one private key file, also when many processes start together', async () => {
    const file = newFile();
    const ciphers = await Promise.all(Array.from({ length: 8 }, () => FieldCipher.load(file)));
    const stored = ciphers[0]?.encrypt('text', address) ?? '';
    for (const cipher of ciphers) expect(cipher.decrypt(stored, address)).toBe('text');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
