import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { FORM_EXAMPLE, OBJECTS_EXAMPLE } from './namespace-examples.js';
import { readNamespaceRequest } from './namespace-request.js';

const read = (body: unknown) => readNamespaceRequest(body, 'cpaas.io');

function fieldsOf(body: unknown): (string | undefined)[] {
  try {
    read(body);
  } catch (error) {
    if (error instanceof ApiError) return [error.code.toString(), ...(error.details?.causes ?? []).map(({ field }) => field)];
    throw error;
  }
  return [];
}

describe('readNamespaceRequest', () => {
  it('reads the form', () => {
    expect(read(FORM_EXAMPLE)).toEqual({
      name: 'shop-dev',
      project: 'shop',
      annotations: { 'cpaas.io/display-name': 'Shop, development' },
      hard: { 'limits.cpu': '4', 'limits.memory': '8Gi', pods: '20' },
      limits: [{ type: 'Container', ...FORM_EXAMPLE.limitRange }],
      podSecurity: FORM_EXAMPLE.podSecurity,
    });
  });

  it('reads the three objects', () => {
    expect(read(OBJECTS_EXAMPLE)).toEqual({
      name: 'shop-test',
      project: 'shop',
      labels: {},
      podSecurity: {},
      hard: { 'limits.cpu': '2' },
      limits: OBJECTS_EXAMPLE.limitrange.spec.limits,
    });
  });

  it('takes levels from labels, and leaves out what Archon writes itself', () => {
    const labels = {
      tier: 'gold',
      'cpaas.io/project': 'shop',
      'cpaas.io/cluster': 'c9',
      'cpaas.io/inner-namespace': 'x',
      'pod-security.kubernetes.io/enforce': 'baseline',
    };
    expect(read({ namespace: { metadata: { labels } } })).toEqual({
      project: 'shop',
      labels: { tier: 'gold' },
      podSecurity: { enforce: 'baseline' },
    });
  });

  it('mentions nothing that the body does not', () => expect(read({})).toEqual({}));

  it.each([
    [[], ['422', 'the body']],
    ['text', ['422', 'the body']],
    [{ quotas: {} }, ['422', 'quotas']],
    [{ namespace: {}, name: 'x' }, ['422', 'name']],
    [{ name: 7 }, ['422', 'name']],
    [{ labels: { tier: 'no spaces' } }, ['422', 'labels[tier]']],
    [{ labels: { 'bad key!': 'x' } }, ['422', 'labels[bad key!]']],
    [{ annotations: { a: 'x'.repeat(300_000) } }, ['422', 'annotations']],
    [{ quota: { pods: '1.5' } }, ['422', 'quota[pods]']],
    [{ quota: [] }, ['422', 'quota']],
    [{ limitRange: { default: { cpu: '1' }, max: { cpu: '500m' } } }, ['422', 'limitRange.limits[0].default.cpu']],
    [{ podSecurity: { enforce: 'strict' } }, ['422', 'podSecurity.enforce']],
    [{ overCommit: { cpu: 0.5 } }, ['422', 'overCommit.cpu']],
    [{ namespace: { kind: 'Pod' } }, ['422', 'namespace.kind']],
    [{ resourcequota: { metadata: { name: 'mine' } }, namespace: {} }, ['422', 'resourcequota.metadata.name']],
    [
      { namespace: { metadata: { labels: { 'pod-security.kubernetes.io/warn': 'x' } } } },
      ['422', 'namespace.metadata.labels[pod-security.kubernetes.io/warn]'],
    ],
  ])('refuses %j', (body, fields) => expect(fieldsOf(body)).toEqual(fields));
});
