import { expect, it } from 'vitest';
import { parseJson } from '#kubernetes';
import { canonicalJson } from './canonical-json.js';

it.each([
  ['{"b":1,"a":[{"d":null,"c":"x"}]}', '{"a":[{"c":"x","d":null}],"b":1}'],
  ['{ "b" : 1, "a" : 2 }', '{"a":2,"b":1}'],
  ['{"n":9007199254740993,"m":1.0}', '{"m":1.0,"n":9007199254740993}'],
  ['{"__proto__":1,"a":2}', '{"__proto__":1,"a":2}'],
  ['[2,1]', '[2,1]'],
])('%s → %s', (text, expected) => expect(canonicalJson(parseJson(text))).toBe(expected));

it('leaves out what is undefined', () => expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}'));
