import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type Status } from '#errors';
import { parseJson } from './json.js';
import type { KubernetesList, KubernetesObject } from './kubernetes-object.js';
import { splitLines } from './line-splitter.js';
import type { Query } from './resource-path.js';

/** `SYNCED` carries the whole list: at the start, and again whenever the history was lost (410) and the consumer must start afresh. */
export type WatchEvent =
  | { type: 'SYNCED'; items: KubernetesObject[]; resourceVersion: string }
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubernetesObject };

export interface WatchOptions {
  labelSelector?: string;
  fieldSelector?: string;
  signal: AbortSignal;
  /** Silence after which the connection counts as dead; kube-apiserver sends a bookmark about once a minute. */
  livenessMs?: number;
  /** First and longest pause before a new connection, with full jitter. */
  backoffMs?: { first: number; longest: number };
}

interface Source {
  list(options: { labelSelector?: string; fieldSelector?: string; limit: number; continue?: string }): Promise<KubernetesList>;
  open(query: Query, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** The history of a watch is gone: only a new list helps. */
class HistoryLost extends Error {}

const DEFAULTS = { livenessMs: 75_000, backoffMs: { first: 1000, longest: 30_000 } };

/** List, then watch from there for ever, over lost connections and lost history. See `KubernetesGateway.watch`. */
export async function* watchResource(source: Source, options: WatchOptions): AsyncGenerator<WatchEvent> {
  const { signal, labelSelector, fieldSelector } = options;
  const selectors = {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
  let version: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    try {
      if (version === undefined) {
        const synced = await listAll(source, selectors);
        version = synced.resourceVersion;
        yield synced;
      }
      // A connection that ends without a single event counts as a failure, or a cluster that closes at once would be flooded.
      failures++;
      for await (const event of connection(source, { ...selectors, resourceVersion: version }, options)) {
        version = event.object.metadata.resourceVersion ?? version;
        failures = 0;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HistoryLost || isGone(error)) version = undefined;
      else if (error instanceof ApiError && error.code >= 400 && error.code < 500 && error.code !== 429) throw error;
      failures = Math.max(failures, 1);
    }
    if (failures > 0) await pause(failures, options);
  }
}

async function listAll(
  source: Source,
  selectors: { labelSelector?: string; fieldSelector?: string },
): Promise<WatchEvent & { type: 'SYNCED' }> {
  const items: KubernetesObject[] = [];
  let page: KubernetesList | undefined;
  do {
    const next: string | undefined = page?.metadata.continue;
    page = await source.list({ ...selectors, limit: 500, ...(next === undefined ? {} : { continue: next }) });
    for (const item of page.items) items.push(item);
  } while (page.metadata.continue);
  return { type: 'SYNCED', items, resourceVersion: page.metadata.resourceVersion ?? '' };
}

type ObjectEvent = Exclude<WatchEvent, { type: 'SYNCED' }>;

/** One connection: ends when the server ends it, throws when it breaks or falls silent. */
async function* connection(source: Source, query: Query, options: WatchOptions): AsyncGenerator<ObjectEvent> {
  const silence = new AbortController();
  const livenessMs = options.livenessMs ?? DEFAULTS.livenessMs;
  let timer = setTimeout(() => silence.abort(), livenessMs);
  try {
    const chunks = await source.open(
      { ...query, watch: true, allowWatchBookmarks: true },
      AbortSignal.any([options.signal, silence.signal]),
    );
    for await (const line of splitLines(chunks)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), livenessMs);
      const event = parseJson(line) as { type: string; object: unknown };
      if (event.type === 'ERROR') throw failureOf(event.object as Partial<Status>);
      yield event as ObjectEvent;
    }
  } finally {
    clearTimeout(timer);
  }
}

function failureOf(status: Partial<Status>): Error {
  if (status.code === 410) return new HistoryLost(status.message);
  return ApiError.fromStatus(status, status.code ?? 500);
}

const isGone = (error: unknown): boolean => error instanceof ApiError && error.code === 410;

async function pause(failures: number, { signal, backoffMs = DEFAULTS.backoffMs }: WatchOptions): Promise<void> {
  const ceiling = Math.min(backoffMs.longest, backoffMs.first * 2 ** (failures - 1));
  try {
    await sleep(Math.random() * ceiling, undefined, { signal });
  } catch {
    // Aborted while waiting: the loop's own condition ends it.
  }
}
