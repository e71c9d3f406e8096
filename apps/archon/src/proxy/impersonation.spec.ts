import { describe, expect, it } from 'vitest';
import { impersonationQuestions, readImpersonation, toIdentity } from './impersonation.js';

describe('readImpersonation', () => {
  it('reads what kubectl sends for --as, --as-group, --as-uid and --as-user-extra', () => {
    const headers = [
      ...['Accept', '*/*', 'Impersonate-User', 'jane', 'Impersonate-Group', 'dev', 'Impersonate-Group', 'ops, all', 'Impersonate-Uid', '7'],
      ...['Impersonate-Extra-Scopes', 'a', 'Impersonate-Extra-Example.org%2Freason', 'b', 'Impersonate-Extra-Scopes', 'c'],
    ];
    const extra = [
      ['scopes', 'a'],
      ['example.org/reason', 'b'],
      ['scopes', 'c'],
    ];
    expect(readImpersonation(headers)).toEqual({ user: 'jane', groups: ['dev', 'ops, all'], uid: '7', extra });
  });

  it('finds nothing where nothing is', () => expect(readImpersonation(['Host', 'a', 'X-Remote-User', 'root'])).toBeUndefined());

  it.each([
    [['IMPERSONATE-USER', 'a']],
    [['Impersonate_User', 'a']],
    [['impersonate_group', 'a']],
    [['Impersonate-User', '']],
    [['Impersonate-User', 'a', 'impersonate-user', 'a']],
    [['Impersonate-User', 'a', 'Impersonate-Group', 'g', 'Impersonate-Group', 'g']],
    [['Impersonate-User', 'a', 'Impersonate-Uid', '1', 'Impersonate-Uid', '2']],
    [['Impersonate-Group', 'g']],
    [['Impersonate-Uid', '1']],
    [['Impersonate-User', 'a', 'Impersonate-Extra-', 'x']],
    [['Impersonate-User', 'a', 'Impersonate-Extra-%73copes', 'x']],
    [['Impersonate-User', 'a', 'Impersonate-Userr', 'x']],
    [['Impersonate', 'a']],
    [['!Impersonate-User', 'a']],
    [['Impersonate-User', 'jan\u00e9']],
    [['Impersonate-User', 'a'.repeat(513)]],
    [['Impersonate-User', 'a', ...Array.from({ length: 101 }, (_, index) => ['Impersonate-Group', `g${index}`]).flat()]],
  ])('refuses %j', (headers) => expect(() => readImpersonation(headers)).toThrow(/is not accepted/));
});

it('asks a cluster about each value as its API server does', () => {
  const impersonation = { user: 'jane', groups: ['dev'], uid: '7', extra: [['scopes', 'a'] as const] };
  const verb = 'impersonate';
  expect(impersonationQuestions(impersonation)).toEqual([
    { verb, group: '', resource: 'users', name: 'jane' },
    { verb, group: '', resource: 'groups', name: 'dev' },
    { verb, group: 'authentication.k8s.io', resource: 'uids', name: '7' },
    { verb, group: 'authentication.k8s.io', resource: 'userextras', subresource: 'scopes', name: 'a' },
  ]);
});

it('becomes the headers of the call, and never a name of Kubernetes itself', () => {
  const extra = [['example.org/reason', 'b'] as const];
  expect(toIdentity({ user: 'jane', groups: ['dev'], uid: '7', extra }).toHeaders()).toEqual([
    ...['impersonate-user', 'jane', 'impersonate-group', 'dev', 'impersonate-uid', '7', 'impersonate-extra-example.org%2Freason', 'b'],
  ]);
  for (const [user, groups] of [
    ['system:admin', []],
    ['jane', ['system:masters']],
    ['system:serviceaccount:a:b', []],
  ] as const)
    expect(() => toIdentity({ user, groups, uid: undefined, extra: [] })).toThrow(/cannot be impersonated/);
});
