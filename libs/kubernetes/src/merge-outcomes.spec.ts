import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ApiError, gatewayTimeout } from '#errors';
import { allOrNothing, mergeOutcomes, type Outcome } from './merge-outcomes.js';

const down = (cluster: string): Outcome<number> => ({ cluster, error: gatewayTimeout(cluster, 'no answer came within the time limit') });

it('each cluster is in exactly one list, in the order in which they were asked', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (isUp) => {
      const outcomes = isUp.map((up, index) => (up ? { cluster: `c${index}`, value: index } : down(`c${index}`)));
      const { items, failures } = mergeOutcomes(outcomes);
      expect(items.map(({ value }) => value)).toEqual(isUp.flatMap((up, index) => (up ? [index] : [])));
      expect(failures.map(({ cluster }) => cluster)).toEqual(isUp.flatMap((up, index) => (up ? [] : [`c${index}`])));
    }),
  );
});

it('a failure says what the cluster failed with, and since when', () => {
  const since = '2026-11-24T10:00:00.000Z';
  const error = new ApiError('ServiceUnavailable', 'cluster "a" is unavailable', { cluster: 'a', since });
  expect(mergeOutcomes([{ cluster: 'a', error }, down('b')]).failures).toEqual([
    { cluster: 'a', reason: 'ServiceUnavailable', message: 'cluster "a" is unavailable', since },
    { cluster: 'b', reason: 'Timeout', message: 'cluster "b" did not answer in time: no answer came within the time limit' },
  ]);
});

it('all or nothing: the results, or 504 that names who failed', () => {
  expect(allOrNothing(mergeOutcomes([{ cluster: 'a', value: 1 }]))).toEqual([1]);
  expect(() => allOrNothing(mergeOutcomes([{ cluster: 'a', value: 1 }, down('b')]))).toThrow(
    expect.objectContaining({
      code: 504,
      message: '1 of 2 clusters did not answer: b',
      details: expect.objectContaining({ causes: [expect.objectContaining({ field: 'b' })] }),
    }),
  );
});

it('a mistake of ours is not taken for a failure of a cluster', () => {
  expect(() => mergeOutcomes([{ cluster: 'a', error: new TypeError('x is undefined') }])).toThrow(TypeError);
});
