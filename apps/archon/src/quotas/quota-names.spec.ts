import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extendedResourceOf, isCounted, quotaTypeOf, refusedCustomQuotaName, refusedQuotaName, storageClassOf } from './quota-names.js';

const label63 = 'a'.repeat(63);
const domain253 = [label63, label63, label63, 'a'.repeat(61)].join('.');

describe('refusedCustomQuotaName', () => {
  it.each([
    'a',
    'A',
    '7',
    'ab',
    'licences',
    'Licences',
    'gold-seats',
    'gold_seats',
    'gold.seats',
    'a-_.b',
    'a--b',
    'a..b',
    '1-2',
    'constructor',
    'requests.storage',
    'limits.ephemeral-storage',
    'persistentvolumeclaims',
    'services.loadbalancers',
    label63,
    `A${'-'.repeat(61)}Z`,
    'example.com/seats',
    'example/seats',
    'e/s',
    'a-b.c-d/seats',
    '0.example/seats',
    'example.com/Gold_seats.v2',
    'requests.nvidia.com/gpu',
    'requests.tencent.com/vcuda-core',
    'limits.example.com/licence',
    'count/deployments.apps',
    'count/widgets.example.com',
    'gold.storageclass.storage.k8s.io/requests.storage',
    `${label63}.example/seats`,
    `example.com/${label63}`,
    `${domain253}/seats`,
  ])('takes %j', (name) => {
    expect(refusedCustomQuotaName(name)).toBeUndefined();
  });

  it.each([
    ['limits.cpu', 'has a field of its own'],
    ['limits.memory', 'has a field of its own'],
    ['requests.cpu', 'has a field of its own'],
    ['requests.memory', 'has a field of its own'],
    ['pods', 'has a field of its own'],
    ['cpu', 'has a field of its own'],
    ['memory', 'has a field of its own'],
    ['ephemeral-storage', 'use that'],
    ['hugepages-2Mi', 'use that'],
    ['', 'at most 63'],
    [' ', 'at most 63'],
    ['-a', 'at most 63'],
    ['a-', 'at most 63'],
    ['_a', 'at most 63'],
    ['a_', 'at most 63'],
    ['.a', 'at most 63'],
    ['a.', 'at most 63'],
    ['a b', 'at most 63'],
    ['a\n', 'at most 63'],
    ['a+b', 'at most 63'],
    ['größe', 'at most 63'],
    ['配额', 'at most 63'],
    [`${label63}a`, 'at most 63'],
    ['__proto__', 'at most 63'],
    ['/', 'prefix/name'],
    ['/seats', 'prefix/name'],
    ['example.com/', 'prefix/name'],
    ['a/b/c', 'prefix/name'],
    ['example.com//seats', 'prefix/name'],
    ['Example.com/seats', 'prefix/name'],
    ['-example/seats', 'prefix/name'],
    ['example-/seats', 'prefix/name'],
    ['---/seats', 'prefix/name'],
    ['example..com/seats', 'prefix/name'],
    ['.example/seats', 'prefix/name'],
    ['example./seats', 'prefix/name'],
    ['exam_ple/seats', 'prefix/name'],
    ['exam ple/seats', 'prefix/name'],
    ['example.com/-seats', 'prefix/name'],
    ['example.com/seats.', 'prefix/name'],
    ['example.com/se ats', 'prefix/name'],
    [`example.com/${label63}a`, 'prefix/name'],
    [`${label63}a.example/seats`, 'prefix/name'],
    [`${domain253}a/seats`, 'prefix/name'],
  ])('refuses %j', (name, why) => {
    expect(refusedCustomQuotaName(name)).toContain(why);
  });

  it('takes every name of letters and digits up to 63, and none that is longer', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{1,90}$/), (name) => {
        fc.pre(name !== 'cpu' && name !== 'memory' && name !== 'pods');
        return (refusedCustomQuotaName(name) === undefined) === name.length <= 63;
      }),
    );
  });
});

describe('refusedQuotaName', () => {
  it.each(['limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory', 'pods'])('takes %s, which has a field of its own', (name) => {
    expect(refusedQuotaName(name)).toBeUndefined();
  });

  it.each(['cpu', 'memory'])('refuses %s, which would count the same a second time', (name) => {
    expect(refusedQuotaName(name)).toBe(`names the same type as requests.${name}: use that`);
  });
});

describe('quota types', () => {
  it.each([
    ['gold.storageclass.storage.k8s.io/requests.storage', 'gold'],
    ['gold.ssd.storageclass.storage.k8s.io/persistentvolumeclaims', 'gold.ssd'],
    ['gold.storageclass.storage.k8s.io/limits.storage', undefined],
    ['.storageclass.storage.k8s.io/requests.storage', undefined],
    ['storageclass.storage.k8s.io/requests.storage', undefined],
    ['gold.storageclass.storage.k8s.io/requests.storage/x', undefined],
    ['requests.storage', undefined],
  ])('%s bounds the storage class %s', (key, storageClass) => {
    expect(storageClassOf(key)).toBe(storageClass);
  });

  it.each([
    ['requests.nvidia.com/gpu', 'nvidia.com/gpu'],
    ['limits.nvidia.com/gpu', 'nvidia.com/gpu'],
    ['nvidia.com/gpu', 'nvidia.com/gpu'],
    ['requests.cpu', undefined],
    ['count/deployments.apps', undefined],
    ['requests.kubernetes.io/batch', undefined],
    ['node.kubernetes.io/thing', undefined],
    ['gold.storageclass.storage.k8s.io/requests.storage', undefined],
  ])('%s bounds the extended resource %s', (key, resource) => {
    expect(extendedResourceOf(key)).toBe(resource);
  });

  it.each([
    ['pods', true],
    ['persistentvolumeclaims', true],
    ['services.nodeports', true],
    ['count/jobs.batch', true],
    ['requests.nvidia.com/gpu', true],
    ['gold.storageclass.storage.k8s.io/persistentvolumeclaims', true],
    ['gold.storageclass.storage.k8s.io/requests.storage', false],
    ['requests.cpu', false],
    ['requests.storage', false],
    ['licences', false],
  ])('%s counts things: %s', (key, counted) => {
    expect(isCounted(key)).toBe(counted);
  });

  it.each([
    ['cpu', 'requests.cpu'],
    ['memory', 'requests.memory'],
    ['ephemeral-storage', 'requests.ephemeral-storage'],
    ['hugepages-2Mi', 'requests.hugepages-2Mi'],
    ['requests.cpu', 'requests.cpu'],
    ['limits.cpu', 'limits.cpu'],
    ['pods', 'pods'],
  ])('%s is the type %s', (key, type) => {
    expect(quotaTypeOf(key)).toBe(type);
  });
});
