import { describe, expect, it } from 'vitest';
import { expiryOf } from './token-expiry.js';

const DAY = 86_400;
const NOW = 1_800_000_000;
const at = (seconds: number) => new Date(seconds * 1000);
const limits = { now: at(NOW), latest: undefined, defaultDays: 7, maxDays: 30, isRequired: false };
const secondsOf = (date: Date) => date.getTime() / 1000 - NOW;

describe('the end of a token', () => {
  it.each([
    ['the default', undefined, {}, 7 * DAY],
    ['the default for 0', 0, {}, 7 * DAY],
    ['what is asked', NOW + 5, {}, 5],
    ['the longest when that is asked', NOW + 30 * DAY, {}, 30 * DAY],
    ['the end of what it is made with, where the default lies behind it', undefined, { latest: at(NOW + DAY) }, DAY],
    ['the longest, where the default is longer', undefined, { defaultDays: 40 }, 30 * DAY],
  ])('is %s', (_, expiration, changed, expected) => expect(secondsOf(expiryOf(expiration, { ...limits, ...changed }))).toBe(expected));

  it.each([
    ['now', NOW, {}],
    ['past the longest', NOW + 30 * DAY + 1, {}],
    ['no date', 1e20, {}],
    ['after the end of what it is made with', NOW + DAY + 1, { latest: at(NOW + DAY) }],
    ['absent where it is required', undefined, { isRequired: true }],
    ['0 where it is required', 0, { isRequired: true }],
  ])('is refused: %s', (_, expiration, changed) => expect(() => expiryOf(expiration, { ...limits, ...changed })).toThrow(/expiration/));
});
