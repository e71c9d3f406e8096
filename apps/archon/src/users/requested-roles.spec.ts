import { describe, expect, it } from 'vitest';
import type { PlatformRole } from './platform-roles.js';
import { requestedRoles, sameRoles } from './requested-roles.js';

describe('the roles that a request asks for', () => {
  it.each<[string, Parameters<typeof requestedRoles>[0], PlatformRole[], PlatformRole[] | undefined]>([
    ['nothing', {}, ['auditor'], undefined],
    ['an empty extra', { extra: {} }, ['auditor'], undefined],
    ['a list', { extra: { roles: ['auditor'] } }, ['administrator'], ['auditor']],
    ['an empty list', { extra: { roles: [] } }, ['administrator'], []],
    ['to become administrator', { is_admin: true }, ['auditor'], ['administrator', 'auditor']],
    ['to be none any more', { is_admin: false }, ['administrator', 'auditor'], ['auditor']],
    ['the same twice', { is_admin: true, extra: { roles: ['administrator'] } }, [], ['administrator']],
  ])('with %s', (_, spec, current, expected) => {
    expect(requestedRoles(spec, current)).toEqual(expected);
  });

  it.each([
    { is_admin: true, extra: { roles: ['auditor'] } },
    { is_admin: false, extra: { roles: ['administrator'] } },
  ])('are refused when they contradict each other: %o', (spec) => {
    expect(() => requestedRoles(spec, [])).toThrow('contradicts');
  });

  it('are compared without their order', () => {
    expect(sameRoles(['administrator', 'auditor'], ['auditor', 'administrator'])).toBe(true);
    expect(sameRoles(['administrator'], ['auditor'])).toBe(false);
    expect(sameRoles([], ['auditor'])).toBe(false);
  });
});
