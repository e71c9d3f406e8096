import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberSource, parseJson } from './json.js';

describe('parseJson', () => {
  it.each([
    '{"n":9007199254740993,"m":-9223372036854775808}',
    '{"f":1.0,"e":1e3,"z":-0,"d":0.1}',
    '{"t":"2026-01-01T00:00:00.123456Z","hash":"1234567890123456789e5"}',
    '{"__proto__":{"polluted":true},"a":[1,2.50]}',
  ])('keeps %s byte for byte', (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(text);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('gives plain numbers wherever a double is exact', () => {
    expect(parseJson('{"replicas":3,"ratio":0.5,"big":1234567890123456}')).toEqual({ replicas: 3, ratio: 0.5, big: 1234567890123456 });
  });

  it('round-trips any JSON text that JSON.stringify wrote', () => {
    fc.assert(fc.property(fc.json(), (text) => JSON.stringify(parseJson(text)) === JSON.stringify(JSON.parse(text))));
  });

  it('keeps every number of any document as it was written', () => {
    const number = fc.constantFrom('-0', '0', '3', '-1.50', '1e3', '1E+2', '0.10', '12345678901234567', '-9223372036854775808', '0.1e-7');
    const string = fc.constantFrom('"10.0.0.1"', '"a:1.25"', '"[1.5,"', '"\\":1.0"', '""');
    const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, number, string, tie('array'), tie('object')),
      array: fc.array(tie('value')).map((items) => `[~${items.join('~,~')}~]`),
      object: fc.array(tie('value')).map((items) => `{~${items.map((item, index) => `"k${index}"~:~${item}`).join('~,~')}~}`),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom('', ' ', '\n\t '), (text, space) => {
        expect(JSON.stringify(parseJson(space + text.replaceAll('~', space)))).toBe(text.replaceAll('~', ''));
      }),
    );
  });

  it('refuses what is not JSON', () => {
    expect(() => parseJson('{"a":1e}')).toThrow(SyntaxError);
  });
});

describe('numberSource', () => {
  it.each([
    ['3', '3'],
    ['1.0', '1.0'],
    ['9007199254740993', '9007199254740993'],
    ['"3"', undefined],
    ['{"rawJSON":"3"}', undefined],
    ['null', undefined],
    ['true', undefined],
  ])('of %s is %s', (json, expected) => {
    expect(numberSource(parseJson(json))).toBe(expected);
  });
});
