import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldCipher } from './field-cipher.service.js';

const address = { table: 'clusters', id: '7', field: 'credential' };
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'cipher-'))));
afterAll(() => rm(folder, { recursive: true }));

describe('FieldCipher', () => {
  it('gives back what it encrypted, and never twice the same ciphertext', () => {
    const cipher = new FieldCipher(randomBytes(32));
    const stored = cipher.encrypt('CANARY é', address);
    expect(stored).not.toContain('CANARY');
    expect(stored).not.toBe(cipher.encrypt('CANARY é', address));
    expect(cipher.decrypt(stored, address)).toBe('CANARY é');
  });

  it('refuses a value of another row, field or key, and any altered byte', () => {
    const cipher = new FieldCipher(randomBytes(32));
    const stored = cipher.encrypt('text', address);
    expect(() => cipher.decrypt(stored, { ...address, id: '8' })).toThrow();
    expect(() => cipher.decrypt(stored, { ...address, field: 'token' })).toThrow();
    expect(() => new FieldCipher(randomBytes(32)).decrypt(stored, address)).toThrow(/encrypted with key/);
    const payload = Buffer.from(stored.split(':')[2] ?? '', 'base64');
    for (let i = 0; i < payload.length; i++) {
      const altered = Buffer.from(payload);
      altered[i] = (altered[i] ?? 0) ^ 1;
      expect(() => cipher.decrypt([...stored.split(':').slice(0, 2), altered.toString('base64')].join(':'), address)).toThrow();
    }
  });

  it('makes one private key file, also when many processes start together', async () => {
    const file = path.join(folder, 'keys', 'encryption.key');
    const ciphers = await Promise.all(Array.from({ length: 8 }, () => FieldCipher.load(file)));
    const stored = ciphers[0]?.encrypt('text', address) ?? '';
    for (const cipher of ciphers) expect(cipher.decrypt(stored, address)).toBe('text');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
