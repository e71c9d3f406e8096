import { describe, expect, it } from 'vitest';
import { Identity } from '#kubernetes';
import type { Membership } from './membership.js';
import { Principal } from './principal.js';

const MEMBERSHIPS: Membership[] = ['a', 'b', 'c'].map((namespace) => ({
  role: 'namespace-admin-system',
  scope: 'namespace',
  project: 'shop',
  cluster: 'c1',
  namespace,
}));
const PROOF = { kind: 'token', id: 't', expiresAt: new Date(0) } as const;
const jane = new Principal('jane', ['corp:dev'], PROOF, undefined, Identity.of('jane', ['corp:dev'], { uid: 'u' }), MEMBERSHIPS);
const namespacesIn = ({ groups }: Pick<Identity, 'groups'>) =>
  groups.flatMap((group) => (group.startsWith('acp:namespace:c1:') ? [group.split(':')[3]] : [])).sort();

describe('as whom a cluster sees a change in several places', () => {
  it('is with the groups of each of them, and of no other', () => {
    const identity = jane.identityAcross('c1', ['a', 'b', 'a', 'elsewhere']);
    expect(namespacesIn(identity)).toEqual(['a', 'b']);
    expect([identity.user, identity.details, new Set(identity.groups).size]).toEqual(['jane', { uid: 'u' }, identity.groups.length]);
    expect(identity.groups).toContain('corp:dev');
  });

  it('is for one place the same as for a request there', () => {
    expect(jane.identityAcross('c1', ['a', 'a'])).toBe(jane.identityAt('c1', 'a'));
    expect(jane.identityAcross('c1', [undefined])).toBe(jane.identityAt('c1', undefined));
    expect(namespacesIn(jane.identityAcross('c1', ['a', undefined]))).toEqual(['a', 'b', 'c']);
  });

  it('is the caller alone without memberships', () => {
    const john = new Principal('john', [], PROOF);
    expect(john.identityAcross('c1', ['a', 'b'])).toBe(john.identity);
  });
});

describe('the caller as a whole', () => {
  it('has the groups of more namespaces than a request can carry', () => {
    const many = Array.from({ length: 2000 }, (_, index) => ({ ...(MEMBERSHIPS[0] as Membership), namespace: `namespace-${index}` }));
    const member = new Principal('jane', [], PROOF, undefined, Identity.of('jane', []), many);
    expect([namespacesIn(member.identityAt('c1', undefined)).length, namespacesIn(member.whollyAt('c1')).length]).toEqual([0, 2000]);
    expect(namespacesIn(member.whollyAt('c2'))).toEqual([]);
  });

  it('is the caller of a request where that can carry all', () => {
    expect(jane.whollyAt('c1').groups).toEqual(jane.identityAt('c1', undefined).groups);
  });
});
