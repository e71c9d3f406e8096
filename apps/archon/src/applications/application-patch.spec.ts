import { describe, expect, it } from 'vitest';
import { patchApplication } from './application-patch.js';

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { replicas, paused: false },
});
const document = {
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name: 'shop', annotations: { a: '1' } },
  spec: { descriptor: { version: '1' }, componentTemplates: [deployment('web', 1), deployment('api', 1)] },
};

describe('patchApplication', () => {
  it('merges by RFC 7396: lists are replaced', () => {
    const patch = { metadata: { annotations: { a: null, b: '2' } }, spec: { componentTemplates: [deployment('web', 3)] } };
    expect(patchApplication(document, 'application/merge-patch+json', [patch])).toEqual({
      ...document,
      metadata: { name: 'shop', annotations: { b: '2' } },
      spec: { descriptor: { version: '1' }, componentTemplates: [deployment('web', 3)] },
    });
  });

  it('follows a JSON patch and leaves the given document as it was', () => {
    const patched = patchApplication(document, 'application/json-patch+json', [
      [{ op: 'replace', path: '/spec/componentTemplates/1/spec/replicas', value: 5 }],
    ]);
    expect(patched).toMatchObject({ spec: { componentTemplates: [deployment('web', 1), deployment('api', 5)] } });
    expect(document.spec.componentTemplates[1]?.spec.replicas).toBe(1);
  });

  it('applies documents: components are merged by kind and name, others stay', () => {
    const documents = [
      { apiVersion: 'app.k8s.io/v1beta1', kind: 'Application', metadata: { name: 'shop' }, spec: { descriptor: { version: '2' } } },
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 4 } },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } },
    ];
    expect(patchApplication(document, 'application/apply-patch+yaml', documents)).toEqual({
      ...document,
      spec: { descriptor: { version: '2' }, componentTemplates: [deployment('web', 4), deployment('api', 1), documents[2]] },
    });
  });

  it.each([
    ['application/strategic-merge-patch+json', [{}], 415],
    ['application/merge-patch+json', [[]], 400],
    ['application/json-patch+json', [{}], 400],
    ['application/json-patch+json', [[{ op: 'remove', path: '/spec/nothing' }]], 422],
    ['application/json-patch+json', [[{ op: 'test', path: '/metadata/name', value: 'x' }]], 422],
    ['application/json-patch+json', [[{ op: 'add', path: '/__proto__/polluted', value: 1 }]], 400],
  ])('%s %j → %s', (type, patch, code) => {
    expect(() => patchApplication(document, type, patch)).toThrow(expect.objectContaining({ code }));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
