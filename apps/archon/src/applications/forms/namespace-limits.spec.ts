import { describe, expect, it } from 'vitest';
import { namespaceLimits } from './namespace-limits.js';

const range = (name: string, ...limits: object[]) => ({ apiVersion: 'v1', kind: 'LimitRange', metadata: { name }, spec: { limits } });
const ratio = (name: string, spec: object, status?: object) => ({
  apiVersion: 'resource.alauda.io/v1',
  kind: 'NamespaceResourceRatio',
  metadata: { name },
  spec,
  status,
});

describe('namespaceLimits', () => {
  it('are none without objects', () => {
    expect(namespaceLimits('shop', [], [])).toEqual({ ratio: {}, limit: {}, max: {} });
  });

  it('take the default of the LimitRange "default" first, and the least maximum', () => {
    const ranges = [
      range(
        'a',
        { type: 'Container', default: { cpu: '3', memory: '1Gi' }, max: { cpu: '4', memory: '2Gi' } },
        { type: 'Pod', max: { cpu: '1' } },
      ),
      range('default', { type: 'Container', default: { cpu: '1' }, max: { cpu: '4500m' } }),
    ];
    expect(namespaceLimits('shop', ranges, [])).toEqual({
      ratio: {},
      limit: { cpu: '1', memory: '1Gi' },
      max: { cpu: '4', memory: '2Gi' },
    });
  });

  it('take a maximum for the default, as a cluster does', () => {
    expect(namespaceLimits('shop', [range('default', { type: 'Container', max: { cpu: '2' } })], []).limit).toEqual({ cpu: '2' });
  });

  it.each([
    [{ cpu: 3, memory: 4 }, undefined, { cpu: 3, memory: 4 }],
    [{}, { clusterCPU: 2, clusterMemory: 3 }, { cpu: 2, memory: 3 }],
    [{ cpu: 0 }, { clusterCPU: 2, clusterMemory: 0 }, {}],
    [{ memory: 5 }, { clusterCPU: 2 }, { cpu: 2, memory: 5 }],
  ])('have of %j with the cluster’s %j the ratios %j', (spec, status, expected) => {
    expect(namespaceLimits('shop', [], [ratio('shop', spec, status)]).ratio).toEqual(expected);
  });

  it('have the ratios of the object that is called like the namespace', () => {
    expect(namespaceLimits('shop', [], [ratio('a', { cpu: 9 }), ratio('shop', { cpu: 2 })]).ratio).toEqual({ cpu: 2 });
    expect(namespaceLimits('shop', [], [ratio('b', { cpu: 9 }), ratio('a', { cpu: 3 })]).ratio).toEqual({ cpu: 3 });
  });
});
