import { describe, expect, it } from 'vitest';
import { Identity } from './identity.js';

describe('Identity', () => {
  it('becomes one user header and a header for each group', () => {
    expect(Identity.of('jane@example.org', ['acp:project:a:admin', 'team b']).toHeaders()).toEqual([
      'impersonate-user',
      'jane@example.org',
      'impersonate-group',
      'acp:project:a:admin',
      'impersonate-group',
      'team b',
    ]);
  });

  it.each(['', ' ', '\u200b', 'a\r\nImpersonate-Group: system:masters', 'jos\u00e9', ' jane', 'jane ', 'system:admin', 'x'.repeat(513)])(
    'refuses %j as a user and as a group',
    (name) => {
      expect(() => Identity.of(name)).toThrow();
      expect(() => Identity.of('jane', [name])).toThrow();
    },
  );
});
