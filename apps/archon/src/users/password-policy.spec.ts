import { describe, expect, it } from 'vitest';
import { normalizePassword, passwordFault } from './password-policy.js';

describe('a password', () => {
  it.each([
    'correct horse battery staple',
    'p4ss-w0rd-of-jane!',
    'пароль для теста',
    'jane@example.org likes long walks',
    '🦀'.repeat(8) + 'abcd',
  ])('may be %s', (password) => {
    expect(passwordFault(password, 'jane@example.org')).toBeUndefined();
  });

  it.each([
    ['', 'at least 12'],
    ['elevenchars', 'at least 12'],
    ['x'.repeat(129), 'at most 128'],
    ['abababababab', 'different'],
    ['jane@example.org', 'name of the user'],
    ['janejanejane', 'different'],
    ['JANE@EXAMPLE.ORG1', 'name of the user'],
    ['abcdefghijklm', 'neighbouring'],
    ['9876543210987', 'neighbouring'],
    ['line\nbreak in it', 'control'],
  ])('may not be %j', (password, why) => {
    expect(passwordFault(password, 'jane@example.org')).toContain(why);
  });

  it('is the same however its accents are typed', () => {
    expect(normalizePassword('cafe\u0301 au lait')).toBe(normalizePassword('caf\u00e9 au lait'));
  });
});
