import { describe, expect, it } from 'vitest';
import { Identity } from '#kubernetes';
import type { Membership } from './membership.js';
import { namespaceInPath } from './target-groups.js';
import { TargetIdentities } from './target-identities.js';

const MEMBERSHIPS: Membership[] = [
  { role: 'project-admin-system', scope: 'project', project: 'shop', clusters: ['c1', 'c2'] },
  { role: 'namespace-developer-system', scope: 'namespace', project: 'bank', cluster: 'c1', namespace: 'bank-dev' },
  { role: 'namespace-admin-system', scope: 'namespace', project: 'bank', cluster: 'c1', namespace: 'bank-test' },
  { role: 'operators', scope: 'cluster', cluster: 'c2' },
  { role: 'observers', scope: 'platform' },
];
const identities = () => new TargetIdentities(Identity.of('jane', ['corp:dev']), MEMBERSHIPS);
const OF_BANK = {
  dev: 'acp:namespace:c1:bank-dev:namespace-developer-system',
  test: 'acp:namespace:c1:bank-test:namespace-admin-system',
};
const ON_C1 = [
  'acp:project:shop:project-admin-system',
  'acp:role:project-admin-system',
  'acp:role:namespace-developer-system',
  'acp:role:namespace-admin-system',
  'acp:cluster:observers',
];

describe('the groups that a cluster sees', () => {
  it.each([
    ['c1', 'bank-dev', [...ON_C1, OF_BANK.dev]],
    ['c1', 'bank-test', [...ON_C1, OF_BANK.test]],
    ['c1', 'shop-dev', ON_C1],
    ['c1', undefined, [...ON_C1, OF_BANK.dev, OF_BANK.test]],
    [
      'c2',
      'bank-dev',
      ['acp:project:shop:project-admin-system', 'acp:role:project-admin-system', 'acp:cluster:operators', 'acp:cluster:observers'],
    ],
    ['c3', undefined, ['acp:cluster:observers']],
  ])('are for %s, namespace %s, those that matter there', (cluster, namespace, expected) => {
    const { user, groups } = identities().at(cluster, namespace);
    expect(user).toBe('jane');
    expect([...groups].sort()).toEqual(['corp:dev', ...expected].sort());
  });

  it('are made once, and shared by all namespaces that have none of their own', () => {
    const made = identities();
    expect(made.at('c1', 'bank-dev')).toBe(made.at('c1', 'bank-dev'));
    expect(made.at('c1', 'a')).toBe(made.at('c1', 'b'));
    expect(made.at('c1', undefined)).toBe(made.at('c1', undefined));
  });

  it('are those of 500 namespaces in one request, and none of single namespaces where headers can not hold them', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index): Membership => {
        const project = `p${index % 20}`;
        return { role: 'namespace-developer-system', scope: 'namespace', project, cluster: 'c1', namespace: `${project}-n${index}` };
      });
    const at = (count: number) => new TargetIdentities(Identity.of('jane'), many(count)).at('c1', undefined);
    expect(at(500).groups).toHaveLength(501);
    expect(at(500).toHeaders().join(': ').length).toBeLessThan(64 * 1024);
    expect(at(5000).groups).toEqual(['acp:role:namespace-developer-system']);
    expect(new TargetIdentities(Identity.of('jane'), many(5000)).at('c1', 'p0-n0').groups).toContain(
      'acp:namespace:c1:p0-n0:namespace-developer-system',
    );
  });
});

it.each([
  ['/api/v1/namespaces/shop/pods', 'shop'],
  ['/api/v1/namespaces/shop', 'shop'],
  ['/api/v1/namespaces/shop?watch=1', 'shop'],
  ['/apis/apps/v1/namespaces/shop/deployments/web', 'shop'],
  ['/api/v1/watch/namespaces/shop/pods', 'shop'],
  ['/api/v1/namespaces', undefined],
  ['/api/v1/pods', undefined],
  ['/apis/apps/v1/deployments?namespaces/shop', undefined],
  ['/api/v1/namespaces/sh%6fp/pods', undefined],
  ['/version', undefined],
])('the namespace of %s is %s', (path, namespace) => {
  expect(namespaceInPath(path)).toBe(namespace);
});
