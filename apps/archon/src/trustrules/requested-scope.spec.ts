import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccessScope, isWithin, SCOPE_VERBS } from '../auth/access-scope.js';
import { narrowed, readScope, writeScope } from './requested-scope.js';

const whole: AccessScope = { clusters: ['c1', 'c2'], namespaces: [{ cluster: 'c1', namespace: 'a' }, { namespace: 'b' }] };

describe('readScope', () => {
  it('reads each part, and writes it again', () => {
    const text = 'cluster:c1 namespace:c1/shop namespace:b verb:get verb:patch read-only';
    const scope = readScope(text);
    expect(scope).toEqual({
      clusters: ['c1'],
      namespaces: [{ cluster: 'c1', namespace: 'shop' }, { namespace: 'b' }],
      verbs: ['get', 'patch'],
      readOnly: true,
    });
    expect(writeScope(scope ?? {})).toBe(text);
  });

  it.each(['cluster:', 'cluster:*', 'cluster:C1', 'verb:*', 'verb:impersonate', 'openid', 'read-only  verb:get', 'namespace:a/b/c', ''])(
    'does not know %j',
    (text) => {
      expect(readScope(text)).toBeUndefined();
    },
  );
});

describe('narrowed', () => {
  it('takes a part', () => {
    expect(narrowed(whole, { clusters: ['c1'], readOnly: true })).toEqual({ ...whole, clusters: ['c1'], readOnly: true });
    expect(narrowed(whole, { namespaces: [{ cluster: 'c1', namespace: 'a' }] })?.namespaces).toHaveLength(1);
    expect(narrowed(whole, {})).toEqual(whole);
  });

  it.each<[string, AccessScope, AccessScope]>([
    ['another cluster', whole, { clusters: ['c1', 'c3'] }],
    ['another namespace', whole, { namespaces: [{ cluster: 'c2', namespace: 'a' }] }],
    ['a namespace in any cluster', whole, { namespaces: [{ namespace: 'a' }] }],
    ['a verb that is not given', { verbs: ['get'] }, { verbs: ['get', 'create'] }],
    ['writing where only reading is given', { ...whole, readOnly: true }, { verbs: ['create'] }],
  ])('gives nothing for %s', (_, given, asked) => {
    expect(narrowed(given, asked)).toBeUndefined();
  });

  it('never gives more than there was, whatever is asked for', () => {
    const name = fc.constantFrom('c1', 'c2', 'c3');
    const scope = fc.record(
      {
        clusters: fc.array(name, { minLength: 1, maxLength: 3 }),
        namespaces: fc.array(fc.record({ cluster: name, namespace: fc.constantFrom('a', 'b') }, { requiredKeys: ['namespace'] }), {
          minLength: 1,
          maxLength: 3,
        }),
        verbs: fc.array(fc.constantFrom(...SCOPE_VERBS), { minLength: 1, maxLength: 4 }),
        readOnly: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(scope, scope, (given, asked) => {
        const found = narrowed(given, asked);
        expect(found === undefined || isWithin(found, given)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
