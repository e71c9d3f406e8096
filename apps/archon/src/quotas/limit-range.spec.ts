import { describe, expect, it } from 'vitest';
import { ApiError, type StatusCause } from '#errors';
import { completedLimit, limitRange, readLimitRange } from './limit-range.js';

const causesOf = (spec: unknown): StatusCause[] | undefined => {
  try {
    readLimitRange('limitrange.spec', spec);
  } catch (error) {
    if (error instanceof ApiError && error.code === 422) return error.details?.causes;
    throw error;
  }
  return undefined;
};

it.each([
  [{ default: { cpu: '1' } }, { default: { cpu: '1' }, defaultRequest: { cpu: '1' } }],
  [
    { max: { cpu: '2', memory: '1Gi' }, default: { cpu: '1' } },
    { max: { cpu: '2', memory: '1Gi' }, default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '1', memory: '1Gi' } },
  ],
  [{ min: { cpu: '1m' } }, { min: { cpu: '1m' }, defaultRequest: { cpu: '1m' } }],
  [
    { min: { cpu: '1m' }, default: { cpu: '1' } },
    { min: { cpu: '1m' }, default: { cpu: '1' }, defaultRequest: { cpu: '1' } },
  ],
  [
    { defaultRequest: { cpu: '5m' }, max: { cpu: '1' } },
    { defaultRequest: { cpu: '5m' }, max: { cpu: '1' }, default: { cpu: '1' } },
  ],
])('an API server completes the limits of containers %j', (given, expected) => {
  expect(completedLimit({ type: 'Container', ...given })).toEqual({ type: 'Container', ...expected });
  expect(completedLimit({ type: 'Pod', ...given })).toEqual({ type: 'Pod', ...given });
});

describe('readLimitRange', () => {
  it('reads bounds that rise, as canonical quantities', () => {
    const item = {
      type: 'Container',
      default: { cpu: 0.1, memory: '100Mi' },
      defaultRequest: { cpu: '50m', memory: '50Mi' },
      max: { cpu: '1000m', memory: '1024Mi' },
    };
    expect(readLimitRange('spec', { limits: [item] })).toEqual({
      type: 'Container',
      default: { cpu: '100m', memory: '100Mi' },
      defaultRequest: { cpu: '50m', memory: '50Mi' },
      max: { cpu: '1', memory: '1Gi' },
    });
  });

  it.each([
    [{ default: { cpu: '1' } }],
    [{ defaultRequest: { memory: '1Gi' } }],
    [{ max: { cpu: '2' } }],
    [{ defaultRequest: { cpu: '1' }, default: { memory: '1Gi' } }],
    [{ defaultRequest: { cpu: '1' }, default: { cpu: '1000m' }, max: { cpu: '1' } }],
    [{ defaultRequest: { cpu: '0' }, max: { cpu: '0' } }],
    [{}],
  ])('takes %j', (bounds) => {
    const item = { type: 'Container', ...bounds };
    expect(Object.keys(readLimitRange('spec', { limits: [item] }) ?? {}).sort()).toEqual(Object.keys(item).sort());
  });

  it.each([[{}], [{ limits: [] }], [{ limits: undefined }]])('sets nothing for %j', (spec) => {
    expect(readLimitRange('spec', spec)).toBeUndefined();
  });

  it.each<[unknown, [string, string][]]>([
    [undefined, [['limitrange.spec.limits', 'must be a list']]],
    [{ limits: {} }, [['limitrange.spec.limits', 'must be a list']]],
    [{ limits: [{ type: 'Container' }, { type: 'Pod' }] }, [['limitrange.spec.limits', 'must have one element']]],
    [{ limits: [null] }, [['limitrange.spec.limits[0].type', 'must be Container']]],
    [{ limits: [{ type: 'Pod', max: { cpu: '1' } }] }, [['limitrange.spec.limits[0].type', 'must be Container']]],
    [{ limits: [{ max: { cpu: '1' } }] }, [['limitrange.spec.limits[0].type', 'must be Container']]],
    [{ limits: [{ type: 'Container', min: { cpu: '1' } }] }, [['limitrange.spec.limits[0].min', 'is not offered here']]],
    [{ limits: [{ type: 'Container', max: '1' }] }, [['limitrange.spec.limits[0].max', 'must be an object']]],
    [{ limits: [{ type: 'Container', max: { storage: '1' } }] }, [['limitrange.spec.limits[0].max.storage', 'limit cpu and memory']]],
    [{ limits: [{ type: 'Container', max: { cpu: 'one' } }] }, [['limitrange.spec.limits[0].max.cpu', 'such as 500m']]],
    [{ limits: [{ type: 'Container', max: { memory: '-1Gi' } }] }, [['limitrange.spec.limits[0].max.memory', 'such as 512Mi']]],
    [
      { limits: [{ type: 'Container', defaultRequest: { cpu: '2' }, default: { cpu: '1' } }] },
      [['limitrange.spec.limits[0].defaultRequest.cpu', '2 is more than default 1: lower it, or raise default']],
    ],
    [
      { limits: [{ type: 'Container', default: { memory: '2Gi' }, max: { memory: '2G' } }] },
      [['limitrange.spec.limits[0].default.memory', '2Gi is more than max 2G: lower it, or raise max']],
    ],
    [
      { limits: [{ type: 'Container', defaultRequest: { cpu: '1001m' }, max: { cpu: '1' } }] },
      [['limitrange.spec.limits[0].defaultRequest.cpu', '1001m is more than max 1: lower it, or raise max']],
    ],
    [
      { limits: [{ type: 'Container', defaultRequest: { cpu: '3', memory: '3' }, default: { cpu: '2', memory: '2' }, max: { cpu: '1' } }] },
      [
        ['limitrange.spec.limits[0].defaultRequest.cpu', '3 is more than default 2'],
        ['limitrange.spec.limits[0].default.cpu', '2 is more than max 1'],
        ['limitrange.spec.limits[0].defaultRequest.memory', '3 is more than default 2'],
      ],
    ],
  ])('refuses %j', (spec, expected) => {
    expect(causesOf(spec)).toEqual(expected.map(([field, message]) => ({ field, message: expect.stringContaining(message) as string })));
  });
});

describe('limitRange', () => {
  it('is named default', () => {
    const limits = [{ type: 'Container', max: { cpu: '1' } }];
    expect(limitRange('shop-web', limits)).toEqual({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'default', namespace: 'shop-web' },
      spec: { limits },
    });
  });
});
