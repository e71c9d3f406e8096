import { describe, expect, it } from 'vitest';
import { reviewedUid, serviceAccountClaims } from './token-review.js';

const SUBJECT = 'system:serviceaccount:shop:deployer';
const now = new Date('2026-11-26T12:00:00Z');
const exp = now.getTime() / 1000 + 60;

describe('serviceAccountClaims', () => {
  it('reads whose token it is and when it ends', () => {
    expect(serviceAccountClaims({ sub: SUBJECT, exp }, now)).toEqual({ subject: SUBJECT, expiresAt: new Date('2026-11-26T12:01:00Z') });
  });

  it.each([
    ['no end', { sub: SUBJECT }],
    ['an end that is over', { sub: SUBJECT, exp: exp - 61 }],
    ['a person', { sub: 'jane@example.org', exp }],
    ['another user of the system', { sub: 'system:admin', exp }],
    ['a node', { sub: 'system:node:n1', exp }],
    ['a name with more parts', { sub: `${SUBJECT}:more`, exp }],
    ['a name in capitals', { sub: 'system:serviceaccount:Shop:deployer', exp }],
    ['a name with a line end', { sub: `${SUBJECT}\n`, exp }],
    ['no namespace', { sub: 'system:serviceaccount::deployer', exp }],
  ])('refuses %s', (_, claims) => {
    expect(serviceAccountClaims(claims, now)).toBeUndefined();
  });
});

describe('reviewedUid', () => {
  const audience = 'archon/clusters/x';
  const good = { authenticated: true, audiences: [audience], user: { username: SUBJECT, uid: 'u1' } };

  it('is the UID that the cluster tells', () => {
    expect(reviewedUid(good, { subject: SUBJECT, audience })).toBe('u1');
  });

  it.each<[string, unknown]>([
    ['not authenticated', { ...good, authenticated: false }],
    ['authenticated, as a text', { ...good, authenticated: 'true' }],
    ['an error beside it', { ...good, error: 'token expired' }],
    ['no audiences', { ...good, audiences: undefined }],
    ['another audience', { ...good, audiences: ['https://kubernetes.default.svc'] }],
    ['another user', { ...good, user: { username: 'system:serviceaccount:shop:other', uid: 'u1' } }],
    ['no UID', { ...good, user: { username: SUBJECT } }],
    ['an empty UID', { ...good, user: { username: SUBJECT, uid: '' } }],
    ['no user', { authenticated: true, audiences: [audience] }],
    ['nothing', undefined],
  ])('is none with %s', (_, status) => {
    expect(reviewedUid(status, { subject: SUBJECT, audience })).toBeUndefined();
  });
});
