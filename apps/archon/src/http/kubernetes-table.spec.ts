import { describe, expect, it } from 'vitest';
import { toAge, wantsTable } from './kubernetes-table.js';

describe('wantsTable', () => {
  it.each([
    ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', true],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', false],
    ['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json;as=Table;g=meta.k8s.io;v=v1', true],
    ['application/json', false],
    ['application/json,application/json;as=Table;v=v1;g=meta.k8s.io', false],
    ['*/*', false],
    ['application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json', false],
    [undefined, false],
  ])('%s: %s', (accept, expected) => expect(wantsTable(accept)).toBe(expected));
});

describe('toAge', () => {
  const [minute, hour, day] = [60, 3600, 86_400];
  it.each([
    [-5, '0s'],
    [0, '0s'],
    [119, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59, '9m59s'],
    [10 * minute, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [8 * hour, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [7 * day + 23 * hour, '7d23h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [731 * day, '2y1d'],
    [8 * 365 * day, '8y'],
  ])('%i s is %s', (seconds, expected) => expect(toAge(seconds * 1000)).toBe(expected));
});
