import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { random, type Random } from '../../../../test/support/random.js';
import { refuseTooMuch } from './yaml-outline.js';

const LIMITS = { levels: 4, keys: 3, values: 30 };

describe('refuseTooMuch', () => {
  it.each([
    ['lists in brackets', '[[[[[1]]]]]', /deeper than 4 levels/],
    ['mappings in brackets', '{a: {a: {a: {a: {a: 1}}}}}', /deeper than 4 levels/],
    ['brackets left open', '[[[[[', /deeper than 4 levels/],
    ['sequences on one line', '- - - - - x', /deeper than 4 levels/],
    ['block mappings', 'a:\n b:\n  c:\n   d:\n    e: 1', /deeper than 4 levels at line 5, column 6/],
    ['sequences in mappings, not indented', 'a:\n- b:\n  - c:\n    - 1', /deeper than 4 levels/],
    ['keys of a block', 'a: 1\nb: {c: 1}\nc:\n- x\n- y: 1\n  z: 1\nd: 1', /more than 3 keys at line 7, column 2/],
    ['keys in brackets', '{a: 1, b: [1, 2], "c":1, d: 1}', /more than 3 keys/],
    ['keys of an item', '- a: 1\n  b: 1\n- a: 1\n  b: 1\n  c: 1\n  d: 1', /more than 3 keys/],
    ['keys with question marks', '? a\n: 1\n? b\n: 1\n? c\n: 1\n? d\n: 1', /more than 3 keys/],
    ['keys behind anchors and tags', '&x a: 1\n!!str b: 1\n"c": 1\nd: 1', /more than 3 keys/],
    ['keys of the second document', 'a: 1\n---\na: 1\nb: 1\nc: 1\nd: 1', /more than 3 keys/],
    ['values', `[${'1,'.repeat(31)}]`, /more than 30 values at line 1, column 62/],
  ])('refuses too many %s', (_what, text, message) => {
    expect(() => refuseTooMuch(text, LIMITS)).toThrow(message);
  });

  it.each([
    ['brackets in texts', 'a: "[[[[[{{{{{"\nb: |\n  [[[[[\n  - - - - - -\nc: x[[[[[ # [[[[['],
    ['colons in texts', 'a: |\n  a: 1\n  b: 1\n  c: 1\n  d: 1\nb: "a: b: c: d: e: f:"\nc: http://x:80/y'],
    ['keys of many mappings', '- a: 1\n  b: 1\n- a: 1\n  b: 1\n- a: 1\n  b: 1\n- {a: 1, b: 1}\n- {a: 1, b: 1}'],
    ['keys of many documents', 'a: 1\nb: 1\n---\na: 1\nb: 1\n---\na: 1\nb: 1'],
    ['pairs in a list', '[a: 1, b: 1, c: 1, d: 1]'],
    ['mappings as values of a question mark', '? a\n: x: 1\n  y: 1\n? b\n: x: 1\n  y: 1'],
    ['documents whose brackets stay open', '[[[\n---\n[[[\n---\n[[['],
  ])('takes no %s for too many', (_what, text) => {
    expect(() => refuseTooMuch(text, LIMITS)).not.toThrow();
  });

  it('agrees with the levels and keys of 3,000 generated values, however they are written', () => {
    const pick = random(7);
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const value = anything(pick, 6);
      const text = stringify(value, {
        indentSeq: pick.below(2) === 0,
        collectionStyle: pick.of(['any', 'block', 'flow'] as const),
        indent: 1 + pick.below(4),
      });
      const tooMuch = levels(value) > LIMITS.levels || mostKeys(value) > LIMITS.keys;
      if (tooMuch) refused++;
      expect(refuses(text), text).toBe(tooMuch);
    }
    expect(refused).toBeGreaterThan(300);
    expect(refused).toBeLessThan(2700);
  });
});

function refuses(text: string): boolean {
  try {
    refuseTooMuch(text, { ...LIMITS, values: 10_000 });
    return false;
  } catch {
    return true;
  }
}

/** A mapping, a list (never empty, whose levels YAML would not show otherwise) or a text. */
function anything(pick: Random, depth: number): unknown {
  const kind = depth === 0 ? 2 : pick.below(4);
  const count = 1 + pick.below(pick.below(8) === 0 ? 4 : 3);
  if (kind === 0) return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, anything(pick, depth - 1)]));
  if (kind === 1) return Array.from({ length: count }, () => anything(pick, depth - 1));
  return pick.of(['x', 'a: b', '- [', 'two\nlines\n', '{', '# no', '']);
}

const inside = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value) : []);
const levels = (value: unknown): number => (typeof value === 'object' ? 1 + Math.max(...inside(value).map(levels)) : 0);
const mostKeys = (value: unknown): number => Math.max(Array.isArray(value) ? 0 : inside(value).length, ...inside(value).map(mostKeys));
