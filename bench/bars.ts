import type { ArchonFigures } from './archon-alone.js';
import type { IndexFigures } from './index-clusters.js';
import type { Comparison } from './rounds.js';
import type { Row } from './report.js';
import type { SearchFigures } from './search.js';
import type { StreamFigures } from './streams.js';
import type { TokenFigures } from './tokens.js';

const MEGA_PER_MEBI = 1024 / 1000;

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

interface TimeBars {
  p50?: number;
  p95?: number;
  p99?: number;
}

const OBJECTS_OF_BARS = 1_000_000;
/** In the order of what is measured; of an index that is larger only a page has a bar. */
const BARS: readonly TimeBars[] = [
  { p50: 10, p95: 50, p99: 150 },
  { p95: 60 },
  { p95: 60 },
  { p95: 50 },
  { p95: 80 },
  { p95: 60 },
  { p95: 150 },
];
const LARGE_BARS: readonly TimeBars[] = BARS.map((_, index) => (index === 0 ? { p95: 150 } : {}));

export function searchBars({ times, ...figures }: SearchFigures): Bar[] {
  const within = (index: number, bars: TimeBars): Bar[] => {
    const time = times[index];
    if (time === undefined) return [];
    return [
      ...(bars.p50 === undefined ? [] : [atMost(`${time.what}, p50`, time.p50Ms, bars.p50, ' ms', 1)]),
      bars.p95 === undefined
        ? { what: `${time.what}, p95`, value: `${time.p95Ms.toFixed(1)} ms`, bar: '', isMet: undefined }
        : atMost(`${time.what}, p95`, time.p95Ms, bars.p95, ' ms', 1),
      ...(bars.p99 === undefined ? [] : [atMost(`${time.what}, p99`, time.p99Ms, bars.p99, ' ms', 1)]),
    ];
  };
  const plain = (what: string, value: string): Bar => ({ what, value, bar: '', isMet: undefined });
  return [
    plain('objects', String(figures.scale.objects)),
    plain('bytes of tables and indexes for each', figures.bytesPerObject.toFixed(0)),
    atLeast('rows per second while it was filled', figures.filledPerSecond, 5000, 0),
    plain('changes per second meanwhile', figures.changesPerSecond.toFixed(0)),
    ...(figures.scale.objects > OBJECTS_OF_BARS ? LARGE_BARS : BARS).flatMap((bars, index) => within(index, bars)),
    atMost('memory of Archon', figures.residentMegabytes, 300 * MEGA_PER_MEBI, ' MB', 0),
    atLeast('changes written per second of one core', figures.changesPerCoreSecond, 5000, 0),
  ];
}

export function indexBars({ sync, lag, fanOut }: IndexFigures): Bar[] {
  return [
    atMost(`first sync of ${sync.pods} Pods of one API server`, sync.seconds, 60, ' s', 1),
    atMost('memory of Archon meanwhile, at its highest', sync.residentMegabytes, 600 * MEGA_PER_MEBI, ' MB', 0),
    atMost('delay of its event loop meanwhile, p99', sync.eventLoopP99Ms, 50, ' ms', 1),
    atLeast(`changes per second in each of ${lag.clusters} clusters`, lag.changesPerSecond, 99, 1),
    atMost(`from a change to a list that shows it, p50 of ${lag.samples}`, lag.p50Ms, 300, ' ms', 0),
    atMost('the same, p95', lag.p95Ms, 1000, ' ms', 0),
    {
      what: `page of 100 of ${fanOut.pods} Pods of ${fanOut.clusters} clusters, p50`,
      value: `${fanOut.indexP50Ms.toFixed(1)} ms`,
      bar: '',
      isMet: undefined,
    },
    { what: 'the same by asking each cluster, p50', value: `${fanOut.liveP50Ms.toFixed(1)} ms`, bar: '', isMet: undefined },
    atLeast('asking each cluster ÷ page from the index', fanOut.liveP50Ms / fanOut.indexP50Ms, 10, 1),
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
