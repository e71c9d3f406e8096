import { describe, expect, it } from 'vitest';
import { parseYaml, parseYamlDocuments } from './manifest-documents.js';

describe('parseYamlDocuments', () => {
  it('reads many documents and leaves out the empty ones', () => {
    expect(parseYamlDocuments('---\na: 1\n---\n# nothing\n---\nb: [x, y]\n')).toEqual([{ a: 1 }, { b: ['x', 'y'] }]);
    expect(parseYamlDocuments('')).toEqual([]);
  });

  it('reads scalars as Kubernetes does', () => {
    expect(
      parseYaml(
        '{mode: 0644, quoted: "0644", a: no, b: yes, c: on, time: 1:30, y: y, date: 2026-01-01, big: 9007199254740993, f: 1.5, neg: -3}',
      ),
    ).toEqual({
      mode: 420,
      quoted: '0644',
      a: false,
      b: true,
      c: true,
      time: '1:30',
      y: 'y',
      date: '2026-01-01',
      big: expect.anything() as unknown,
      f: 1.5,
      neg: -3,
    });
    expect(JSON.stringify(parseYaml('n: 9007199254740993'))).toBe('{"n":9007199254740993}');
  });

  it('expands anchors and merge keys', () => {
    expect(parseYaml('base: &b {n: 1}\nx: {<<: *b, m: 2}\ny: *b')).toEqual({ base: { n: 1 }, x: { n: 1, m: 2 }, y: { n: 1 } });
  });

  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
  ].join('\n');
  it.each([
    ['a duplicate key', 'a: 1\nb:\n  c: 1\n  c: 2\n', /stands twice in one mapping at line 4, column 3/],
    ['a duplicate key in the second document', 'a: 1\n---\nb: 1\nb: 2\n', /document 2: a key stands twice.*line 4, column 1/],
    ['bad indentation', 'a:\n  b: 1\n c: 2\n', /line 3/],
    ['an open quote', 'a: "CANARY\n', /a character is missing/],
    ['__proto__', 'a: {__proto__: {b: 1}}', /__proto__.*line 1, column 5/],
    ['an alias bomb', bomb, /aliases expand to too much/],
    ['101 aliases', `a: &a 1\nb: [${Array(101).fill('*a').join(',')}]`, /more than 100 aliases/],
    ['65 levels', '{a: '.repeat(65) + '1' + '}'.repeat(65), /deeper than 64 levels/],
    ['20,000 levels', '['.repeat(20_000), /deeper than 64 levels/],
    ['an unknown alias', 'a: *b', /alias refers to nothing/],
  ])('refuses %s', (_what, text, message) => {
    const begin = performance.now();
    expect(() => parseYamlDocuments(text)).toThrow(message);
    expect(() => parseYamlDocuments(text)).toThrow(expect.not.stringContaining('CANARY'));
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it('wants exactly one document where one is expected', () => {
    expect(() => parseYaml('a: 1\n---\nb: 1')).toThrow(/one document, not 2/);
  });
});
