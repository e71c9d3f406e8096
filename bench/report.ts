import type { Measurement } from './load.js';
import type { Comparison } from './rounds.js';
import { type Spread, spread } from './statistics.js';
import { DIRECT, KUBECTL_PROXY } from './subjects.js';

export interface Row {
  name: string;
  requestsPerSecond: Spread;
  p50Ms: Spread;
  p99Ms: Spread;
  cpuMicroseconds: Spread | undefined;
  /** To kubectl proxy in the same round; undefined for kubectl proxy itself, `cpu` where none was measured. */
  ratios: { requests: Spread; p99: Spread; cpu: Spread | undefined } | undefined;
  /** To the direct way in the same round, in milliseconds; undefined for that way itself. */
  added: { p50: Spread; p99: Spread } | undefined;
}

/** One row per subject, in the order of the first round. */
export function toRows({ rounds }: Comparison): Row[] {
  return Object.keys(rounds[0] ?? {}).map((name) => {
    const measured = rounds.map((round) => ({ own: at(round, name), base: at(round, KUBECTL_PROXY), direct: at(round, DIRECT) }));
    const of = (value: (own: Measurement, base: Measurement, direct: Measurement) => number) =>
      spread(measured.map(({ own, base, direct }) => value(own, base, direct)));
    const hasCpu = measured.every(({ own }) => own.cpuMicroseconds !== undefined);
    return {
      name,
      requestsPerSecond: of((own) => own.requestsPerSecond),
      p50Ms: of((own) => own.p50Ms),
      p99Ms: of((own) => own.p99Ms),
      cpuMicroseconds: hasCpu ? of((own) => own.cpuMicroseconds ?? 0) : undefined,
      ratios:
        name === KUBECTL_PROXY
          ? undefined
          : {
              requests: of((own, base) => own.requestsPerSecond / base.requestsPerSecond),
              p99: of((own, base) => own.p99Ms / base.p99Ms),
              cpu: hasCpu ? of((own, base) => (own.cpuMicroseconds ?? 0) / (base.cpuMicroseconds ?? 1)) : undefined,
            },
      added:
        name === DIRECT
          ? undefined
          : { p50: of((own, _, direct) => own.p50Ms - direct.p50Ms), p99: of((own, _, direct) => own.p99Ms - direct.p99Ms) },
    };
  });
}

/** The rows as a table of text: medians, and behind them lowest and highest. */
export function toTable(rows: Row[]): string {
  const header = ['', 'req/s', 'p50 ms', 'p99 ms', 'CPU µs/req', 'req/s ÷ kubectl', 'p99 ÷ kubectl', 'CPU ÷ kubectl'];
  const cells = rows.map(({ name, requestsPerSecond, p50Ms, p99Ms, cpuMicroseconds, ratios }) => [
    name,
    requestsPerSecond.median.toFixed(0),
    p50Ms.median.toFixed(2),
    p99Ms.median.toFixed(2),
    cpuMicroseconds?.median.toFixed(0) ?? '-',
    ratio(ratios?.requests),
    ratio(ratios?.p99),
    ratio(ratios?.cpu),
  ]);
  return layOut([header, ...cells]);
}

/** Columns wide enough for their widest cell; the first to the left, the others to the right. */
export function layOut(lines: string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0));
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('');
}

function ratio(value: Spread | undefined): string {
  return value === undefined ? '-' : `${value.median.toFixed(2)} [${value.min.toFixed(2)}-${value.max.toFixed(2)}]`;
}

function at(round: Record<string, Measurement>, name: string): Measurement {
  const found = round[name];
  if (found === undefined) throw new Error(`${name} has no measurement in a round`);
  return found;
}
