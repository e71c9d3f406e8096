import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { previousOf } from './namespace-state.js';

const namespace = (labels: Record<string, string>, managedFields?: KubernetesObject['metadata']['managedFields']): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop-dev', uid: '1', resourceVersion: '7', labels, ...(managedFields && { managedFields }) },
});
const labelsOf = (object: KubernetesObject) => object.metadata.labels;
const archons = (...labels: string[]) => [
  {
    manager: 'archon',
    operation: 'Apply',
    fieldsV1: { 'f:metadata': { 'f:labels': Object.fromEntries(labels.map((label) => [`f:${label}`, {}])) } },
  },
];

describe('previousOf', () => {
  it('has what the object has of what is applied, and nothing that others gave it', () => {
    const live = namespace({ tier: 'bronze', theirs: 'x' });
    expect(previousOf(live, namespace({ tier: 'gold', team: 'red' }))).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop-dev', labels: { tier: 'bronze' }, annotations: {} },
    });
  });

  it('has what Archon gave it earlier and would not give it any more', () => {
    const live = namespace({ tier: 'gold', zone: 'north', theirs: 'x' }, archons('tier', 'zone', 'taken-away'));
    expect(labelsOf(previousOf(live, namespace({ tier: 'silver' })))).toEqual({ tier: 'gold', zone: 'north' });
  });

  it('has the contents whole', () => {
    const quota = (hard: object): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'default' },
      spec: { hard },
    });
    const live = { ...quota({ pods: '5', configmaps: '3' }), status: { used: {} } };
    expect(previousOf(live, quota({ pods: '6' }))).toMatchObject({ spec: { hard: { pods: '5', configmaps: '3' } } });
    expect(previousOf(live, quota({ pods: '6' }))).not.toHaveProperty('status');
  });
});
