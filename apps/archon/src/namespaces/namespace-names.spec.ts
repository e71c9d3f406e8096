import { describe, expect, it } from 'vitest';
import { isProtectedNamespace, namespaceName } from './namespace-names.js';

describe('namespaceName', () => {
  it.each([
    ['shop', 'dev', 'shop-dev'],
    ['shop', 'shop-dev', 'shop-dev'],
    ['shop', 'shopping', 'shop-shopping'],
    ['a', '0', 'a-0'],
    ['shop', 'x'.repeat(58), `shop-${'x'.repeat(58)}`],
  ])('in %s of %s is %s', (project, asked, name) => expect(namespaceName(project, asked)).toBe(name));

  it.each([
    ['shop', 'shop', /project's own namespace/],
    ['shop', 'Dev', /lower-case/],
    ['shop', '-dev', /lower-case/],
    ['shop', 'dev_1', /lower-case/],
    ['shop', '', /lower-case/],
    ['shop', 'x'.repeat(59), /at most 63/],
    ['kube', 'system', /of the system/],
    ['cert', 'manager', /of the system/],
  ])('in %s refuses %j', (project, asked, why) => expect(() => namespaceName(project, asked)).toThrow(why));
});

it.each([
  ['kube-system', true],
  ['kube-anything', true],
  ['default', true],
  ['archon-system', true],
  ['kubernetes', false],
  ['defaults', false],
])('%s is the system’s: %s', (name, expected) => expect(isProtectedNamespace(name)).toBe(expected));
