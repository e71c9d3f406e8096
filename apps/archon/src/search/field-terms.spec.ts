import { describe, expect, it } from 'vitest';
import { readFieldPath, readFieldTerms } from './field-terms.js';

const term = (path: string, operator: string, ...values: string[]) => ({ path: path.split('/'), operator, values });

describe('readFieldTerms', () => {
  it.each([
    [undefined, []],
    [' ', []],
    ['spec.nodeName=node-1', [term('spec/nodeName', '=', 'node-1')]],
    ['spec.nodeName == node-1 ', [term('spec/nodeName', '=', 'node-1')]],
    ['status.phase!=Running,spec.replicas>3', [term('status/phase', '!=', 'Running'), term('spec/replicas', '>', '3')]],
    ['spec.replicas<3', [term('spec/replicas', '<', '3')]],
    ['status.phase in (Failed, Pending)', [term('status/phase', 'in', 'Failed', 'Pending')]],
    ['status.phase notin(Failed)', [term('status/phase', 'notin', 'Failed')]],
    [
      'metadata.annotations[example.org/owner]=kim',
      [term('metadata/annotations/example.org/owner'.replace('org/', 'org\u0000'), '=', 'kim')],
    ],
    ['.spec.a=', [term('spec/a', '=', '')]],
    ['a=b\\,c\\=d\\\\', [term('a', '=', 'b,c=d\\')]],
    ['a=b=c', [term('a', '=', 'b=c')]],
    ['a in (b\\,c,)', [term('a', 'in', 'b,c', '')]],
  ])('reads %j', (text, expected) => {
    const terms = expected.map((each) => ({ ...each, path: each.path.map((key) => key.replace('\u0000', '/')) }));
    expect(readFieldTerms(text)).toEqual(terms);
  });

  it.each([
    ['=a', /expected the name of a field at character 1/],
    ['a', /expected one of = == != < > in notin at character 2/],
    ['a~b', /expected one of/],
    ['a b', /expected one of/],
    ['a in b', /expected "\("/],
    ['a in (b', /expected "\)"/],
    ['a=b,', /expected the name of a field at character 5/],
    ['a=b,,c=d', /expected the name of a field/],
    ['a..b=c', /expected the name of a field at character 3/],
    ['a[]=c', /expected one of/],
    ['a=b\\c', /expected a comma or the end/],
    [`a=${'b'.repeat(4096)}`, /at most 4096 bytes/],
    [Array.from({ length: 65 }, (_, index) => `a${index}=b`).join(','), /at most 64 terms and values/],
    [`a in (${'b,'.repeat(64)})`, /at most 64 terms and values/],
    [`${Array.from({ length: 17 }, () => 'a').join('.')}=b`, /at most 16 keys/],
  ])('refuses %j', (text, message) => {
    expect(() => readFieldTerms(text)).toThrow(message);
  });
});

it('reads a path alone, and names the parameter of one that it cannot read', () => {
  expect(readFieldPath('metadata.labels[app.kubernetes.io/name]', 'sort')).toEqual(['metadata', 'labels', 'app.kubernetes.io/name']);
  expect(() => readFieldPath('spec.nodeName=a', 'sort')).toThrow(/^sort: expected the end of the path/);
});
