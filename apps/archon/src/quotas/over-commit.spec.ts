import { describe, expect, it } from 'vitest';
import { parseJson } from '#kubernetes';
import { clusterRatios, namespaceResourceRatio, readOverCommit } from './over-commit.js';
import { NAMESPACE_RESOURCE_RATIO_CRD } from './over-commit-crd.js';

const read = (json: string) => readOverCommit('spec', parseJson(json) as Record<string, unknown>);

describe('readOverCommit', () => {
  it.each([
    ['{}', {}],
    ['{"cpu":0}', { cpu: 0 }],
    ['{"cpu":-0}', { cpu: 0 }],
    ['{"cpu":2,"memory":4}', { cpu: 2, memory: 4 }],
    ['{"memory":2.0}', { memory: 2 }],
    ['{"memory":1e1}', { memory: 10 }],
  ])('reads %s', (json, ratios) => {
    expect(read(json)).toStrictEqual(ratios);
  });

  it.each([
    ['{"cpu":1}', 'spec.cpu'],
    ['{"cpu":1.0}', 'spec.cpu'],
    ['{"cpu":-2}', 'spec.cpu'],
    ['{"cpu":1.5}', 'spec.cpu'],
    ['{"cpu":2.5}', 'spec.cpu'],
    ['{"cpu":2147483648}', 'spec.cpu'],
    ['{"cpu":1e400}', 'spec.cpu'],
    ['{"memory":"2"}', 'spec.memory'],
    ['{"memory":null}', 'spec.memory'],
    ['{"memory":[2]}', 'spec.memory'],
  ])('refuses %s with the remedy', (json, field) => {
    expect(() => read(json)).toThrow(
      `the over-commit ratio is invalid: ${field}: must be a whole number above 1, or 0 for no ratio; leave it out to take the cluster's`,
    );
  });

  it('refuses other resources', () => {
    expect(() => read('{"storage":2}')).toThrow('spec.storage: has no ratio: set cpu and memory');
  });
});

describe('NamespaceResourceRatio', () => {
  it('holds what the namespace sets, and leaves out what it inherits', () => {
    expect(namespaceResourceRatio('shop-web', { cpu: 3 })).toEqual({
      apiVersion: 'resource.alauda.io/v1',
      kind: 'NamespaceResourceRatio',
      metadata: { name: 'shop-web', namespace: 'shop-web' },
      spec: { cpu: 3 },
    });
    expect(clusterRatios({ cpu: 2 })).toEqual({ clusterCPU: 2 });
    expect(clusterRatios({ memory: 3 })).toEqual({ clusterMemory: 3 });
  });

  it('is the kind that its definition serves', () => {
    const { group, names, versions } = NAMESPACE_RESOURCE_RATIO_CRD.spec;
    const { apiVersion, kind } = namespaceResourceRatio('shop-web', {});
    expect({ apiVersion, kind }).toEqual({ apiVersion: `${group}/${versions[0]?.name}`, kind: names.kind });
    expect(NAMESPACE_RESOURCE_RATIO_CRD.metadata.name).toBe(`${names.plural}.${group}`);
    const { spec, status } = versions[0]?.schema.openAPIV3Schema.properties ?? {};
    expect(Object.keys(spec?.properties ?? {})).toEqual(['cpu', 'memory']);
    expect(Object.keys(status?.properties ?? {})).toEqual(Object.keys(clusterRatios({ cpu: 2, memory: 2 })));
  });
});
