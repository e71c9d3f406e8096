import { describe, expect, it } from 'vitest';
import { documentsOf, listedDocuments, YamlDocuments } from './read-body.js';

describe('documentsOf', () => {
  it.each([
    ['no body', undefined, []],
    ['JSON', [1, 2], [[1, 2]]],
    ['YAML', new YamlDocuments([{ a: 1 }, [2]]), [{ a: 1 }, [2]]],
  ])('gives what %s holds', (_what, body, expected) => expect(documentsOf(body)).toEqual(expected));
});

describe('listedDocuments', () => {
  const list = { kind: 'List', items: [] };
  it.each([
    ['no body', undefined, []],
    ['an array', [{ a: 1 }, 'b'], [{ a: 1 }, 'b']],
    ['a List', list, [list]],
    ['YAML of one document', new YamlDocuments([{ a: 1 }]), [{ a: 1 }]],
    ['YAML of several, one of which is an array', new YamlDocuments([{ a: 1 }, [2, 3]]), [{ a: 1 }, 2, 3]],
  ])('gives what %s lists', (_what, body, expected) => expect(listedDocuments(body)).toEqual(expected));

  it.each([{ kind: 'ConfigMap' }, 'text', 3, null])('refuses %j', (body) =>
    expect(() => listedDocuments(body)).toThrow(/must be an array/),
  );
});
