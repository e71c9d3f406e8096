import type { ArchonFigures } from './archon-alone.js';
import type { Comparison } from './rounds.js';
import type { Row } from './report.js';

/** A figure beside what it has to reach; `isMet` is undefined where nothing is asked. */
export interface Bar {
  what: string;
  value: string;
  bar: string;
  isMet: boolean | undefined;
}

const atLeast = (what: string, value: number, limit: number): Bar => ({
  what,
  value: value.toFixed(2),
  bar: `≥ ${limit.toFixed(2)}`,
  isMet: value >= limit,
});

const atMost = (what: string, value: number, limit: number, unit = '', digits = 2): Bar => ({
  what,
  value: `${value.toFixed(digits)}${unit}`,
  bar: `≤ ${limit.toFixed(digits)}${unit}`,
  isMet: value <= limit,
});

/** What is asked of the proxy: small objects from the light backend, against kubectl proxy over plain HTTP. */
export function proxyBars({ target, workload }: Comparison, rows: Row[]): Bar[] {
  const ratios = rows.find(({ name }) => name === 'Archon, HTTP')?.ratios;
  if (ratios === undefined || target !== 'light backend' || !workload.startsWith('GET of 2 kB')) return [];
  return [
    atLeast('requests per second, Archon ÷ kubectl proxy', ratios.requests.median, 1),
    atMost('p99, Archon ÷ kubectl proxy', ratios.p99.median, 1.2),
  ];
}

export function figureBars(figures: ArchonFigures): Bar[] {
  return [
    atMost('ready, on a migrated database', figures.startSeconds, 3, ' s'),
    atMost('ready, on an empty database', figures.firstStartSeconds, 3, ' s'),
    atMost('memory when idle', figures.idleMegabytes, 200, ' MB', 0),
    { what: 'create of 5 resources, p50', value: `${figures.createP50Ms.toFixed(0)} ms`, bar: '', isMet: undefined },
    atMost('create of 5 resources, p95', figures.createP95Ms, 500, ' ms', 0),
  ];
}
