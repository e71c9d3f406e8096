import { expect, it } from 'vitest';
import { ApiError, notFound } from '#errors';
import { RetryBudget, retryDelay } from './retry-budget.js';

const busy = (code: 429 | 503, retryAfterSeconds?: number) =>
  new ApiError(
    code === 429 ? 'TooManyRequests' : 'ServiceUnavailable',
    'busy',
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  );

it.each([
  ['a connection that was closed: at once', new Error('closed'), true, 1, 0],
  ['the same again: after a while', new Error('closed'), true, 2, 100],
  ['429 without a time', busy(429), false, 1, 100],
  ['503 a second time', busy(503), false, 2, 200],
  ['429 with a time: not sooner', busy(429, 1), false, 1, 1100],
  ['503 that asks for longer than we wait', busy(503, 5), false, 1, undefined],
  ['a third time: never', busy(429), false, 3, undefined],
  ['404', notFound('pods', 'x'), false, 1, undefined],
  ['a timeout', new DOMException('late', 'TimeoutError'), false, 1, undefined],
])('T106 a read is sent again after %s', (_, failure, wasClosed, attempt, expected) => {
  expect(retryDelay(failure, wasClosed, attempt, 0.5)).toBe(expected);
});

it('T106 retries are a tenth of the calls at most, and ten more', () => {
  const budget = new RetryBudget();
  let retries = 0;
  for (let calls = 0; calls < 1000; calls++) {
    budget.called();
    for (let attempt = 0; attempt < 2; attempt++) if (budget.take()) retries++;
  }
  expect(retries).toBeGreaterThanOrEqual(100);
  expect(retries).toBeLessThanOrEqual(110);
});
