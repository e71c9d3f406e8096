import { expect, it } from 'vitest';
import { proxyBars } from './bars.js';
import type { Measurement } from './load.js';
import { layOut, toRows } from './report.js';

const measured = (requestsPerSecond: number, p99Ms: number, cpuMicroseconds?: number): Measurement => ({
  requests: 1000,
  requestsPerSecond,
  p50Ms: 1,
  p99Ms,
  cpuMicroseconds,
});

const comparison = {
  target: 'light backend',
  workload: 'GET of 2 kB, 32 connections',
  rounds: [
    {
      direct: measured(900, 1),
      'kubectl proxy': measured(100, 10, 200),
      'Archon, HTTP': measured(150, 5, 100),
      'Archon, HTTPS': measured(50, 5, 100),
    },
    {
      direct: measured(900, 2),
      'kubectl proxy': measured(200, 10, 200),
      'Archon, HTTP': measured(100, 20, 300),
      'Archon, HTTPS': measured(300, 20, 300),
    },
  ],
};

it('compares with kubectl proxy round by round, not median with median', () => {
  const [direct, kubectl, archon] = toRows(comparison);
  expect(archon?.ratios).toEqual({
    requests: { median: 1, min: 0.5, max: 1.5 },
    p99: { median: 1.25, min: 0.5, max: 2 },
    cpu: { median: 1, min: 0.5, max: 1.5 },
  });
  expect([archon?.added, direct?.added]).toEqual([{ p50: { median: 0, min: 0, max: 0 }, p99: { median: 11, min: 4, max: 18 } }, undefined]);
  expect(kubectl?.ratios).toBeUndefined();
  expect([direct?.cpuMicroseconds, direct?.ratios?.cpu]).toEqual([undefined, undefined]);
});

it('says which bar is met', () => {
  expect(proxyBars(comparison, toRows(comparison)).map(({ value, isMet }) => [value, isMet])).toEqual([
    ['1.00', false],
    ['1.25', false],
    ['1.00', false],
    ['1.00', true],
  ]);
  const large = { ...comparison, workload: 'GET of 1 MB, 8 connections' };
  expect(proxyBars(large, toRows(large)).map(({ isMet }) => isMet)).toEqual([true]);
  const atRate = { ...comparison, target: 'kube-apiserver', workload: 'GET of 2 kB, 100 per second' };
  expect(proxyBars(atRate, toRows(atRate)).map(({ value, isMet }) => [value, isMet])).toEqual([
    ['0.00 ms', true],
    ['11.00 ms', false],
  ]);
  expect(proxyBars({ ...comparison, target: 'kube-apiserver' }, toRows(comparison))).toEqual([]);
});

it('lays out a table, names to the left and figures to the right', () => {
  expect(
    layOut([
      ['', 'req/s'],
      ['direct', '9'],
    ]),
  ).toBe('        req/s\ndirect      9\n');
});
