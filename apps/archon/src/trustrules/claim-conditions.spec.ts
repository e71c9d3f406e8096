import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClaimCondition, conditionFaults, fulfils, matchesGlob } from './claim-conditions.js';

const github = {
  sub: 'repo:octo-org/shop:ref:refs/heads/main',
  repository: 'octo-org/shop',
  repository_id: '74',
  ref: 'refs/heads/main',
  environment: 'production',
};

describe('matchesGlob', () => {
  it.each([
    ['refs/heads/*', 'refs/heads/main', true],
    ['refs/heads/*', 'refs/heads/', true],
    ['refs/heads/*', 'refs/heads/feature/x', false],
    ['refs/heads/**', 'refs/heads/feature/x', true],
    ['repo:octo-org/*:ref:refs/heads/main', 'repo:octo-org/shop:ref:refs/heads/main', true],
    ['repo:octo-org/*:ref:refs/heads/main', 'repo:octo-org/a:pull_request:ref:refs/heads/main', false],
    ['repo:octo-org/*', 'repo:octo-org-evil/shop', false],
    ['repo:octo-org/shop:*', 'repo:octo-org/shop-evil:ref', false],
    ['release-*-final', 'release-1-final', true],
    ['release-*-final', 'release-1-final-not', false],
    ['a.c', 'abc', false],
    ['(a|b)+', '(a|b)+', true],
    ['Main', 'main', false],
    ['', '', true],
    ['', 'a', false],
    ['a*', 'a\nb', true],
  ])('%s and %s: %s', (glob, text, expected) => {
    expect(matchesGlob(glob, text)).toBe(expected);
  });

  it('agrees with a regular expression on random patterns', () => {
    const letters = (of: string) => fc.array(fc.constantFrom(...of), { maxLength: 12 }).map((found) => found.join(''));
    fc.assert(
      fc.property(letters('ab/:*'), letters('ab/:'), (glob, text) => {
        const pattern = glob.replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/:]*'));
        expect(matchesGlob(glob, text)).toBe(new RegExp(`^${pattern}$`, 's').test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no long time for any pattern', () => {
    const begin = performance.now();
    expect(matchesGlob('**a'.repeat(60), 'a'.repeat(1023) + 'b')).toBe(false);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe('fulfils', () => {
  it.each<[string, ClaimCondition[], boolean]>([
    [
      'all hold',
      [
        { claim: 'repository', equals: 'octo-org/shop' },
        { claim: 'ref', glob: 'refs/heads/*' },
      ],
      true,
    ],
    [
      'one does not',
      [
        { claim: 'repository', equals: 'octo-org/shop' },
        { claim: 'environment', equals: 'staging' },
      ],
      false,
    ],
    [
      'a claim is absent',
      [
        { claim: 'repository', equals: 'octo-org/shop' },
        { claim: 'nothing', glob: '**' },
      ],
      false,
    ],
    ['a name that objects inherit', [{ claim: 'constructor', glob: '**' }], false],
    ['there are none', [], false],
    ['neither text nor pattern', [{ claim: 'repository' }], false],
  ])('%s: %s', (_, conditions, expected) => {
    expect(fulfils(github, conditions)).toBe(expected);
  });

  it('reads numbers and truth values as texts, and no lists', () => {
    const claims = { id: 7, protected: true, list: ['a'], object: { a: 1 }, text: 'x'.repeat(1025), fraction: 0.1 };
    const of = (claim: string, equals: string) => fulfils(claims, [{ claim, equals }]);
    expect([of('id', '7'), of('protected', 'true'), of('list', 'a'), of('object', '[object Object]'), of('fraction', '0.1')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(fulfils(claims, [{ claim: 'text', glob: '**' }])).toBe(false);
  });
});

describe('conditionFaults', () => {
  it.each<[ClaimCondition[]]>([
    [[{ claim: 'sub', equals: 'repo:octo-org/shop:environment:production' }]],
    [[{ claim: 'sub', glob: 'repo:octo-org/*:ref:refs/heads/main' }]],
    [
      [
        { claim: 'repository_owner_id', equals: '65' },
        { claim: 'ref', glob: 'refs/heads/**' },
      ],
    ],
    [
      [
        { claim: 'project_path', glob: 'shop/*' },
        { claim: 'ref_protected', equals: 'true' },
      ],
    ],
  ])('finds nothing wrong with %j', (conditions) => {
    expect(conditionFaults(conditions, 'spec.conditions')).toEqual([]);
  });

  it.each<[string, ClaimCondition[], string]>([
    ['nobody is named', [{ claim: 'ref', equals: 'refs/heads/main' }], 'spec.conditions'],
    ['any owner', [{ claim: 'sub', glob: 'repo:*' }], 'spec.conditions'],
    ['owners of a like name', [{ claim: 'sub', glob: 'repo:octo*/shop:**' }], 'spec.conditions'],
    ['the end alone', [{ claim: 'repository', glob: '*/shop' }], 'spec.conditions'],
    ['everything', [{ claim: 'sub', glob: '**' }], 'spec.conditions[0]'],
    ['everything, in disguise', [{ claim: 'sub', glob: '*/*:*' }], 'spec.conditions[0]'],
    ['text and pattern', [{ claim: 'sub', equals: 'a/b', glob: 'a/*' }], 'spec.conditions[0]'],
    ['neither', [{ claim: 'sub' }], 'spec.conditions[0]'],
    [
      'a claim that is checked anyway',
      [
        { claim: 'sub', equals: 'a' },
        { claim: 'aud', equals: 'a' },
      ],
      'spec.conditions[1]',
    ],
  ])('refuses %s', (_, conditions, field) => {
    expect(conditionFaults(conditions, 'spec.conditions').map((cause) => cause.field)).toEqual([field]);
  });
});
