import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { parseJson } from '#kubernetes';
import { readCustomHard, readHard } from './quota-keys.js';

const causesOf = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, causes: error.details?.causes };
    throw error;
  }
  return undefined;
};

describe('readHard', () => {
  it('reads all kinds of types as canonical quantities', () => {
    const hard = {
      'requests.cpu': '0.5',
      'limits.cpu': '2000m',
      'requests.memory': '1024Mi',
      'limits.memory': '1.5Gi',
      'requests.storage': '100G',
      pods: '500',
      persistentvolumeclaims: 20,
      'count/deployments.apps': '10',
      'gold.storageclass.storage.k8s.io/requests.storage': '10240Mi',
      'requests.nvidia.com/gpu': '2',
      'requests.tencent.com/vcuda-core': 150,
      'requests.tencent.com/vcuda-memory': '8',
      licences: '2.5',
    };
    expect(readHard('spec.hard', hard)).toEqual({
      'requests.cpu': '500m',
      'limits.cpu': '2',
      'requests.memory': '1Gi',
      'limits.memory': '1536Mi',
      'requests.storage': '100G',
      pods: '500',
      persistentvolumeclaims: '20',
      'count/deployments.apps': '10',
      'gold.storageclass.storage.k8s.io/requests.storage': '10Gi',
      'requests.nvidia.com/gpu': '2',
      'requests.tencent.com/vcuda-core': '150',
      'requests.tencent.com/vcuda-memory': '8',
      licences: '2500m',
    });
  });

  it('reads no type out of no type, and keeps a number to its last digit', () => {
    expect(readHard('hard', {})).toEqual({});
    expect(readHard('hard', parseJson('{"requests.storage":9007199254740993}') as Record<string, unknown>)).toEqual({
      'requests.storage': '9007199254740993',
    });
  });

  it.each<[string, unknown, string]>([
    ['requests.cpu', '-1', 'must not be negative, and is -1'],
    ['requests.cpu', 'two', 'must be a quantity'],
    ['requests.cpu', '1 ', 'must be a quantity'],
    ['requests.cpu', '', 'must be a quantity'],
    ['requests.cpu', null, 'must be a quantity'],
    ['requests.cpu', true, 'must be a quantity'],
    ['requests.cpu', {}, 'must be a quantity'],
    ['requests.cpu', Number.NaN, 'must be a quantity'],
    ['requests.memory', '4GB', 'must be a quantity'],
    ['pods', '1.5', 'counts whole things, and 1.5 is not a whole number'],
    ['pods', '1500m', 'counts whole things, and 1500m is not a whole number'],
    ['count/jobs.batch', '0.1', 'counts whole things'],
    ['requests.example.com/fpga', '500m', 'counts whole things'],
    ['gold.storageclass.storage.k8s.io/persistentvolumeclaims', '0.5', 'counts whole things'],
    ['requests.nvidia.com/gpu', '0.5', 'this share is 50 vGPU'],
    ['requests.tencent.com/vcuda-memory', '1Gi', 'write 4'],
    ['cpu', '1', 'use that'],
    ['a/b/c', '1', 'prefix/name'],
  ])('refuses %s: %j', (key, value, message) => {
    expect(causesOf(() => readHard('resourcequota.spec.hard', { 'limits.cpu': '1', [key]: value }))).toEqual({
      code: 422,
      causes: [{ field: `resourcequota.spec.hard[${key}]`, message: expect.stringContaining(message) as string }],
    });
  });

  it('names all that is wrong at once', () => {
    const causes = causesOf(() => readHard('hard', { memory: '1', pods: '0.5', 'requests.cpu': '1', '-': '1' }))?.causes;
    expect(causes?.map(({ field }) => field)).toEqual(['hard[memory]', 'hard[pods]', 'hard[-]']);
  });
});

describe('readCustomHard', () => {
  it('refuses a type with a field of its own, and takes others', () => {
    expect(causesOf(() => readCustomHard('custom', { 'limits.cpu': '1' }))?.causes?.[0]?.field).toBe('custom[limits.cpu]');
    expect(readCustomHard('custom', { 'example.com/seats': '5' })).toEqual({ 'example.com/seats': '5' });
  });
});
