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
