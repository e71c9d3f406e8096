import { describe, expect, it } from 'vitest';
import { parseJson } from '#kubernetes';
import { type FieldChange, fieldChanges, withoutValues } from './field-changes.js';

const update = (path: string, old: unknown, now: unknown): FieldChange => ({ path, change: 'update', old, new: now });
const create = (path: string, now: unknown): FieldChange => ({ path, change: 'create', new: now });
const gone = (path: string, old: unknown): FieldChange => ({ path, change: 'delete', old });

describe('fieldChanges', () => {
  it.each<[string, unknown, unknown, FieldChange[]]>([
    ['equal objects', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    ['the order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
    ['a value', { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, [update('spec.replicas', 1, 2)]],
    ['a new field', { spec: {} }, { spec: { x: { y: 1 } } }, [create('spec.x', { y: 1 })]],
    ['a field that is gone', { spec: { x: 1 } }, { spec: {} }, [gone('spec.x', 1)]],
    ['another type', { a: { b: 1 } }, { a: [1] }, [update('a', { b: 1 }, [1])]],
    ['null is a value', { a: null }, { a: {} }, [update('a', null, {})]],
    ['keys that are no plain names', { a: { 'cpaas.io/x': 1 } }, { a: { 'cpaas.io/x': 2 } }, [update('a["cpaas.io/x"]', 1, 2)]],
    [
      'items by name',
      {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '1' },
        ],
      },
      {
        containers: [
          { name: 'b', image: '2' },
          { name: 'c', image: '1' },
        ],
      },
      [
        gone('containers[name=a]', { name: 'a', image: '1' }),
        update('containers[name=b].image', '1', '2'),
        create('containers[name=c]', { name: 'c', image: '1' }),
      ],
    ],
    [
      'items without names by place',
      { args: ['a', 'b'] },
      { args: ['a', 'c', 'd'] },
      [update('args[1]', 'b', 'c'), create('args[2]', 'd')],
    ],
    [
      'items whose names stand twice by place',
      { p: [{ name: 'a' }, { name: 'a' }] },
      { p: [{ name: 'a' }] },
      [gone('p[1]', { name: 'a' })],
    ],
    ['an object that has a field of every object', {}, parseJson('{"constructor":1}'), [create('constructor', 1)]],
  ])('%s', (_case, before, after, expected) => expect(fieldChanges(before, after)).toEqual(expected));

  it('compares numbers as they are written', () => {
    const [a, b] = [parseJson('{"n":9007199254740992}'), parseJson('{"n":9007199254740993}')];
    expect(JSON.stringify(fieldChanges(a, b))).toBe('[{"path":"n","change":"update","old":9007199254740992,"new":9007199254740993}]');
    expect(fieldChanges(b, parseJson('{"n":9007199254740993}'))).toEqual([]);
  });
});

it('withoutValues tells where, and nothing of what', () => {
  const changes = fieldChanges({ data: { a: 'b2xk', b: 'b2xk' } }, { data: { a: 'bmV3', c: 'bmV3' } });
  expect(withoutValues(changes)).toEqual([
    { path: 'data.a', change: 'update' },
    { path: 'data.b', change: 'delete' },
    { path: 'data.c', change: 'create' },
  ]);
});
