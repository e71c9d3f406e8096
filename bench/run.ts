import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { type Lab, openLab, type Progress } from '#lab';
import { removeDeadRuns, removeRunState, runState } from '../scripts/checks/run-state.js';
import type { Invocation } from '../scripts/invocation.js';
import { measureArchon } from './archon-alone.js';
import { startArchon } from './bench-archon.js';
import { type Bar, figureBars, indexBars, proxyBars, searchBars, streamBars, tokenBars } from './bars.js';
import { measureIndex } from './index-clusters.js';
import { layOut, toRows, toTable } from './report.js';
import { type Comparison, compare } from './rounds.js';
import { measureSearch, SCALES } from './search.js';
import type { SearchScale } from './search-data.js';
import { measureStreams } from './streams.js';
import { directly, KUBECTL_PROXY_HTTP1, startKubectlProxy, throughArchon } from './subjects.js';
import { measureTokens } from './tokens.js';
import { prepareApiServer, startLightBackend, type Target } from './targets.js';

interface BenchOptions {
  rounds: number;
  seconds: number;
  only?: string[];
  /** Of the index: 100k, 1M or 10M objects. */
  scale: string;
}

/** Measures, prints tables with the bars to be met, and writes all rounds to bench/results. */
export async function run({ root, options, progress }: Invocation<BenchOptions>): Promise<number> {
  const isChosen = (part: string) => options.only?.includes(part) ?? true;
  await removeDeadRuns(root);
  const state = runState(root, 'bench', process.pid);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const lab = await openLab({ state: path.join(state, 'lab'), lifetime: 'process', progress });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void removeRunState(state).finally(() => process.exit(130)));
  try {
    const comparisons: Comparison[] = [];
    const compareProxies = async (open: () => Promise<Target>) => {
      const measured = await benchProxies(root, state, lab, open, options, progress);
      comparisons.push(...measured);
      for (const comparison of measured) reportComparison(comparison);
    };
    // Each part is printed when it is measured: one that fails takes no other with it.
    if (isChosen('backend')) await compareProxies(() => startLightBackend(lab, state));
    if (isChosen('apiserver')) await compareProxies(async () => prepareApiServer(await lab.controlPlane('bench')));
    const figures = isChosen('archon') ? await measureArchon(root, state, await lab.controlPlane('bench'), progress) : undefined;
    if (figures !== undefined) reportBars('Archon alone', figureBars(figures));
    const streams = isChosen('streams') ? await measureStreams(root, state, lab, progress) : undefined;
    if (streams !== undefined) reportBars('Lists and watches through Archon', streamBars(streams));
    const tokens = isChosen('tokens') ? await measureTokens(root, state, lab, options, progress) : undefined;
    if (tokens !== undefined) reportBars('Tokens', tokenBars(tokens));
    const search = isChosen('search')
      ? await measureSearch(root, state, { scale: SCALES[options.scale] as SearchScale, seconds: options.seconds }, progress)
      : undefined;
    if (search !== undefined) reportBars('Lists from the index', searchBars(search));
    const index = isChosen('index') ? await measureIndex(root, state, lab, progress) : undefined;
    if (index !== undefined) reportBars('The index over real API servers', indexBars(index));
    writeResults(root, options, { comparisons, archon: figures, streams, tokens, search, index });
    return 0;
  } finally {
    await removeRunState(state);
  }
}

const SMALL = { name: 'GET of 2 kB, 32 connections', size: 'smallPath', connections: 32 } as const;
const WORKLOADS = {
  backend: [SMALL, { name: 'GET of 1 MB, 8 connections', size: 'largePath', connections: 8 }],
  apiserver: [SMALL, { name: 'GET of 2 kB, 100 per second', size: 'smallPath', connections: 32, rate: 100 }],
} as const;

async function benchProxies(
  root: string,
  state: string,
  lab: Lab,
  open: () => Promise<Target>,
  options: BenchOptions,
  progress: Progress,
): Promise<Comparison[]> {
  await using running = new AsyncDisposableStack();
  const stopping = <T extends { stop(): Promise<void> }>(started: T): T => {
    running.defer(() => started.stop());
    return started;
  };
  const target = stopping(await open());
  // kubectl proxy serves plain HTTP, so the fair match is Archon without TLS.
  const http = stopping(await startArchon(root, path.join(state, 'http'), { tls: 'off' }));
  const https = stopping(await startArchon(root, path.join(state, 'https'), { tls: 'generated' }));
  const subjects = [
    directly(target),
    stopping(await startKubectlProxy(target, lab)),
    ...(target.name === 'backend' ? [stopping(await startKubectlProxy(target, lab, KUBECTL_PROXY_HTTP1))] : []),
    await throughArchon('Archon, HTTP', http, target),
    await throughArchon('Archon, HTTPS', https, target),
  ];
  const comparisons: Comparison[] = [];
  for (const { size, ...workload } of WORKLOADS[target.name]) {
    comparisons.push(await compare(lab, target.title, subjects, { ...workload, path: target[size] }, options, progress));
  }
  return comparisons;
}

function reportComparison(comparison: Comparison): void {
  const rows = toRows(comparison);
  process.stdout.write(`\n${comparison.target}, ${comparison.workload}: medians of ${comparison.rounds.length} rounds [lowest-highest]\n`);
  process.stdout.write(`${toTable(rows)}${toLines(proxyBars(comparison, rows))}`);
}

const reportBars = (what: string, bars: Bar[]) => process.stdout.write(`\n${what}\n${toLines(bars)}`);

const toLines = (bars: Bar[]): string =>
  layOut(bars.map(({ what, value, bar, isMet }) => [what, value, bar, isMet === undefined ? '' : isMet ? 'met' : 'MISSED']));

function writeResults(root: string, options: BenchOptions, results: object): void {
  const folder = path.join(root, 'bench/results');
  mkdirSync(folder, { recursive: true });
  const now = new Date().toISOString();
  const machine = { node: process.version, cpus: cpus().map(({ model }) => model), memoryBytes: totalmem() };
  const file = path.join(folder, `${now.replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ time: now, machine, options, ...results }, undefined, 2)}\n`);
  process.stdout.write(`\nAll rounds: ${file}\n`);
}
