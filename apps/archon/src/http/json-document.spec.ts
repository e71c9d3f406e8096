import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonDocument } from './json-document.js';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('parseJsonDocument', () => {
  it.each([
    ['{"a":1,}', /line 1, column 8/],
    ['{"a":1', /close brace expected|comma expected/],
    ['{"a":01}', /line 1/],
    ['{"a":1} 2', /end of file expected at line 1, column 9/],
    ['{/* no */}', /line 1, column 2/],
    ['{\n  "a": x\n}', /line 2, column 8/],
    ['', /value expected at line 1/],
    ['{"a":1,"b":{"c":1,"c":2}}', /"c" stands twice in one object, again at line 1, column 19/],
    ['{"a":1,"\\u0061":2}', /"a" stands twice/],
    ['{"__proto__":{}}', /__proto__/],
    ['{"a":[{"\\u005f_proto__":1}]}', /__proto__/],
    [nested(65), /deeper than 64 levels at line 1, column 65/],
  ])('refuses %s', (text, message) => expect(() => parseJsonDocument(text)).toThrow(message));

  it.each([['{"a":{"x":1},"b":{"x":1}}'], ['[{"a":1},{"a":"}{,\\"a"}]'], ['{"a":"\\\\"}'], [nested(64)], ['"text"']])('reads %s', (text) =>
    expect(parseJsonDocument(text)).toEqual(JSON.parse(text)),
  );

  it('reads whatever JSON.stringify writes', () => {
    const value = fc.jsonValue({ maxDepth: 8 }).filter((v) => !JSON.stringify(v).includes('__proto__'));
    fc.assert(fc.property(value, (v) => JSON.stringify(parseJsonDocument(JSON.stringify(v))) === JSON.stringify(v)));
  });

  it('does not repeat the text around a fault', () => {
    expect(() => parseJsonDocument('{"password": CANARY}')).toThrow(expect.not.stringContaining('CANARY'));
  });
});
