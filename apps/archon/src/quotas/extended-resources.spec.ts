import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#kubernetes';
import { extendedResources, gpuCauses } from './extended-resources.js';

const described = (key: string, data: Record<string, string> = {}, domain = 'features.cpaas.io', group = 'plug-in'): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: `cf-crl-${group}-${key.replace(/[^a-z0-9]/g, '-')}`,
    namespace: 'kube-public',
    labels: { [`${domain}/type`]: 'CustomResourceLimitation', [`${domain}/enabled`]: 'true', [`${domain}/group`]: group },
  },
  data: { key, ...data },
});

const keysOf = (configMaps: KubernetesObject[], allocatable: Record<string, string>[] = []) =>
  extendedResources(configMaps, allocatable).map(({ key }) => key);

const changed = (configMap: KubernetesObject, metadata: object): KubernetesObject => ({
  ...configMap,
  metadata: { ...configMap.metadata, ...metadata },
});

describe('extendedResources', () => {
  it('offers what a ConfigMap describes', () => {
    const configMap = described('tencent.com/vcuda-core', {
      dataType: 'integer',
      defaultValue: '20',
      labelEn: 'vGPU',
      labelZh: '虚拟 GPU',
      descriptionEn: 'Hundredths of a GPU',
      resourceUnit: 'core',
    });
    expect(extendedResources([configMap], [{ 'tencent.com/vcuda-core': '400' }])).toEqual([
      {
        key: 'requests.tencent.com/vcuda-core',
        resource: 'tencent.com/vcuda-core',
        group: 'plug-in',
        label: { en: 'vGPU', zh: '虚拟 GPU' },
        description: { en: 'Hundredths of a GPU', zh: undefined },
        unit: 'core',
        defaultValue: '20',
        gpu: 'vGPU',
      },
    ]);
  });

  it.each(['features.cpaas.io', 'features.alauda.io'])('knows the labels of %s', (domain) => {
    expect(keysOf([described('example.com/fpga', {}, domain)])).toEqual(['requests.example.com/fpga']);
  });

  it('offers nothing without ConfigMaps, whatever the nodes have', () => {
    expect(keysOf([], [{ 'nvidia.com/gpu': '8' }])).toEqual([]);
  });

  it.each<[string, KubernetesObject]>([
    ['switched off', changed(described('example.com/fpga'), { labels: { 'features.cpaas.io/type': 'CustomResourceLimitation' } })],
    ['in another namespace', changed(described('example.com/fpga'), { namespace: 'default' })],
    ['without labels', changed(described('example.com/fpga'), { labels: undefined })],
    ['about something else', changed(described('example.com/fpga'), { labels: { 'features.cpaas.io/type': 'Other' } })],
    ['without a key', described('')],
    ['of a resource of Kubernetes', described('cpu')],
    ['of a resource in the domain of Kubernetes', described('kubernetes.io/thing')],
    ['of a quota type instead of a resource', described('requests.example.com/fpga')],
    ['of a name that no quota can have', described('Example.com/fpga')],
    ['without data', { ...described('example.com/fpga'), data: undefined }],
  ])('passes over a ConfigMap %s', (_what, configMap) => {
    expect(keysOf([configMap])).toEqual([]);
  });

  it('offers a resource once', () => {
    expect(keysOf([described('example.com/fpga'), described('example.com/fpga')])).toEqual(['requests.example.com/fpga']);
  });

  it.each<[string, Record<string, string>[], string[]]>([
    ['no node has any', [{ cpu: '4' }], []],
    ['a node has none left to give', [{ 'nvidia.com/gpualloc': '0' }], []],
    ['only another group is there', [{ 'nvidia.com/gpu': '1' }], []],
    [
      'a node has the devices, though it lists neither power nor memory',
      [{ cpu: '4' }, { 'nvidia.com/gpualloc': '10' }],
      ['requests.nvidia.com/gpualloc', 'requests.nvidia.com/gpucores', 'requests.nvidia.com/gpumem'],
    ],
  ])('of GPUs, when %s', (_what, allocatable, keys) => {
    const resources = ['nvidia.com/gpualloc', 'nvidia.com/gpucores', 'nvidia.com/gpumem'];
    const configMaps = resources.map((resource) => described(resource, {}, 'features.cpaas.io', 'hami'));
    expect(keysOf(configMaps, allocatable)).toEqual(keys);
  });
});

describe('gpuCauses', () => {
  it('refuses GPUs that the cluster does not have, and nothing else', () => {
    const offered = extendedResources([described('nvidia.com/gpu')], [{ 'nvidia.com/gpu': '1' }]);
    const hard = { 'requests.nvidia.com/gpu': '1', 'requests.nvidia.com/gpucores': '50', 'requests.example.com/fpga': '1', pods: '1' };
    expect(gpuCauses('spec.hard', 'c1', hard, offered)).toEqual([
      {
        field: 'spec.hard[requests.nvidia.com/gpucores]',
        message: 'cluster "c1" offers no such GPU: remove it, or choose another cluster',
      },
    ]);
  });
});
