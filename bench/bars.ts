import type { ArchonFigures } from './archon-alone.js';
import type { Comparison } from './rounds.js';
import type { Row } from './report.js';
import type { SearchFigures } from './search.js';
import type { StreamFigures } from './streams.js';
import type { TokenFigures } from './tokens.js';

/** A figure beside what it has to reach; `isMet` is undefined where nothing is asked. */
export interface Bar {
  what: string;
  value: string;
  bar: string;
  isMet: boolean | undefined;
}

const atLeast = (what: string, value: number, limit: number, digits = 2): Bar => ({
  what,
  value: value.toFixed(digits),
  bar: `≥ ${limit.toFixed(digits)}`,
  isMet: value >= limit,
});

const atMost = (what: string, value: number, limit: number, unit = '', digits = 2): Bar => ({
  what,
  value: `${value.toFixed(digits)}${unit}`,
  bar: `≤ ${limit.toFixed(digits)}${unit}`,
  isMet: value <= limit,
});

/** What is asked of the proxy beside kubectl proxy, which serves plain HTTP, and beside no proxy at all. */
export function proxyBars({ target, workload }: Comparison, rows: Row[]): Bar[] {
  const plain = rows.find(({ name }) => name === 'Archon, HTTP');
  const secure = rows.find(({ name }) => name === 'Archon, HTTPS');
  if (plain?.ratios === undefined || plain.added === undefined || secure?.ratios === undefined) return [];
  const { requests, p99, cpu } = plain.ratios;
  if (target === 'light backend' && workload.startsWith('GET of 2 kB'))
    return [
      atLeast('requests per second, Archon ÷ kubectl proxy', requests.median, 1.4),
      atMost('p99, Archon ÷ kubectl proxy', p99.median, 1),
      atMost('CPU per request, Archon ÷ kubectl proxy', cpu?.median ?? Number.NaN, 0.8),
      atLeast('requests per second, Archon with TLS ÷ kubectl proxy without', secure.ratios.requests.median, 1),
    ];
  if (target === 'light backend' && workload.startsWith('GET of 1 MB'))
    return [atLeast('requests per second, Archon ÷ kubectl proxy', requests.median, 1)];
  if (workload.includes('per second'))
    return [
      atMost('added to the direct way, p50', plain.added.p50.median, 1, ' ms'),
      atMost('added to the direct way, p99', plain.added.p99.median, 6, ' ms'),
    ];
  return [];
}

export function streamBars(figures: StreamFigures): Bar[] {
  return [
    atMost('20 readers of a list of 200 MB, memory above before', figures.listGrowthMebibytes, 150, ' MiB', 0),
    atMost('the same, each at 1 MB/s', figures.slowListGrowthMebibytes, 150, ' MiB', 0),
    { what: 'the 20 lists, all read after', value: `${figures.listSeconds.toFixed(1)} s`, bar: '', isMet: undefined },
    { what: 'events on 1,000 watches, p50', value: `${figures.deliveryP50Ms.toFixed(2)} ms`, bar: '', isMet: undefined },
    atMost(`events on 1,000 watches, p99 of ${figures.events}`, figures.deliveryP99Ms, 250, ' ms', 1),
    atMost('memory with 1,000 watches', figures.watchResidentMebibytes, 400, ' MiB', 0),
  ];
}

export function tokenBars(figures: TokenFigures): Bar[] {
  const micros = (what: string, value: number): Bar => ({ what, value: `${value.toFixed(0)} µs`, bar: '', isMet: undefined });
  return [
    micros('CPU per request with one token, which is remembered', figures.rememberedMicroseconds),
    micros(`the same with ${figures.tokens} tokens in turn, each verified`, figures.verifiedMicroseconds),
    atLeast('verifications per second of one core', figures.verificationsPerSecond, 5000, 0),
  ];
}

export function searchBars({ times, ...figures }: SearchFigures): Bar[] {
  const within = (index: number, bars: { p50?: number; p95: number; p99?: number }): Bar[] => {
    const time = times[index];
    if (time === undefined) return [];
    return [
      ...(bars.p50 === undefined ? [] : [atMost(`${time.what}, p50`, time.p50Ms, bars.p50, ' ms', 1)]),
      atMost(`${time.what}, p95`, time.p95Ms, bars.p95, ' ms', 1),
      ...(bars.p99 === undefined ? [] : [atMost(`${time.what}, p99`, time.p99Ms, bars.p99, ' ms', 1)]),
    ];
  };
  const plain = (what: string, value: string): Bar => ({ what, value, bar: '', isMet: undefined });
  return [
    plain('objects', String(figures.scale.objects)),
    plain('bytes of tables and indexes for each', figures.bytesPerObject.toFixed(0)),
    atLeast('rows per second while it was filled', figures.filledPerSecond, 5000, 0),
    plain('changes per second meanwhile', figures.changesPerSecond.toFixed(0)),
    ...within(0, { p50: 10, p95: 50, p99: 150 }),
    ...within(1, { p95: 60 }),
    ...within(2, { p95: 60 }),
    ...within(3, { p95: 50 }),
    ...within(4, { p95: 80 }),
    ...within(5, { p95: 60 }),
    ...within(6, { p95: 150 }),
    atMost('memory of Archon', figures.residentMegabytes, 300, ' MB', 0),
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
