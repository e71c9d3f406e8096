import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { PROJECT_EXAMPLE } from './project-examples.js';
import { readProject } from './project-request.js';

const read = (body: unknown) => readProject(body, 'cpaas.io');
const named = (spec: object, metadata: object = {}) => ({ metadata: { name: 'shop', ...metadata }, spec });

function fieldsOf(body: unknown): (string | undefined)[] {
  try {
    read(body);
  } catch (error) {
    if (error instanceof ApiError) return (error.details?.causes ?? []).map(({ field }) => field);
    throw error;
  }
  return [];
}

describe('readProject', () => {
  it('reads the example', () => {
    expect(read(PROJECT_EXAMPLE)).toEqual({
      name: 'shop',
      labels: { team: 'red' },
      annotations: { 'cpaas.io/display-name': 'Shop', 'cpaas.io/description': 'Everything that sells' },
      clusters: [
        { name: 'c1', hard: { 'limits.cpu': '20', 'limits.memory': '40Gi', pods: '100' }, type: '' },
        { name: 'c2', hard: {}, type: '' },
      ],
      administrators: ['jane@example.org'],
      resources: { storageClasses: ['standard'], chartRepositories: [], imageRegistries: [], codeRepositories: [] },
    });
  });

  it('mentions nothing that the body does not', () => expect(read({ metadata: { name: 'shop' } })).toEqual({ name: 'shop' }));

  it.each([
    [null, ['the body']],
    [{ metadata: {} }, ['metadata.name']],
    [{ metadata: { name: 'default' } }, ['metadata.name']],
    [{ ...named({}), kind: 'Namespace', apiVersion: 'v1' }, ['apiVersion', 'kind']],
    [named({ quota: {} }), ['spec.quota']],
    [{ ...named({}), documents: [] }, ['documents']],
    [named({ clusterDeletePolicy: 'Keep' }), ['spec.clusterDeletePolicy']],
    [named({ clusters: {} }), ['spec.clusters']],
    [named({ clusters: [{}] }), ['spec.clusters[0].name']],
    [named({ clusters: [{ name: 'c1' }, { name: 'c1' }] }), ['spec.clusters']],
    [named({ clusters: [{ name: 'c1', quota: { pods: 'many' } }] }), ['spec.clusters[0].quota[pods]']],
    [named({ administrators: 'jane' }), ['spec.administrators']],
    [named({ resources: { disks: [] } }), ['spec.resources.disks']],
    [named({ displayName: 7 }), ['spec.displayName']],
    [named({}, { labels: { a: 'b c' } }), ['metadata.labels[a]']],
  ])('refuses %j', (body, fields) => expect(fieldsOf(body)).toEqual(fields));
});
