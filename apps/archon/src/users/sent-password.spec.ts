import { describe, expect, it } from 'vitest';
import { isEncryptedPassword, readSentPassword } from './sent-password.js';

const NOW = 1_796_083_200;

describe('a password that a client has encrypted', () => {
  it.each([String(NOW), NOW, String(NOW - 300), NOW + 300])('is taken with the time %j', (ts) => {
    expect(readSentPassword(JSON.stringify({ ts, password: 'secret' }), NOW)).toBe('secret');
  });

  it.each<[string, string]>([
    ['is too old', JSON.stringify({ ts: String(NOW - 301), password: 'secret' })],
    ['is of the future', JSON.stringify({ ts: NOW + 301, password: 'secret' })],
    ['has no time', JSON.stringify({ password: 'secret' })],
    ['has a time that is none', JSON.stringify({ ts: 'now', password: 'secret' })],
    ['has no password', JSON.stringify({ ts: NOW })],
    ['is a list', '[]'],
    ['is null', 'null'],
    ['is garbage', '\u0003\u0000{'],
  ])('is refused when it %s', (_, text) => {
    expect(readSentPassword(text, NOW)).toBeUndefined();
  });

  it('is told from a plain one by its length', () => {
    expect(isEncryptedPassword(Buffer.alloc(256, 7).toString('base64'))).toBe(true);
    expect(isEncryptedPassword(Buffer.alloc(96, 7).toString('base64'))).toBe(false);
    expect(isEncryptedPassword('correct horse battery staple')).toBe(false);
  });
});
