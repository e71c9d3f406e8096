import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, type Status } from '#errors';
import { parseJson } from './json.js';
import type { KubernetesList, KubernetesObject } from './kubernetes-object.js';
import { splitLines } from './line-splitter.js';
import type { Query } from './resource-path.js';

/**
 * A list comes in pages: at the start, and again whenever the history was lost (410). `LISTING` begins one, also one that begins anew because
 * the one before broke off; `SYNCED` ends it: what was not in its pages is gone.
 */
export type WatchEvent =
  | { type: 'LISTING' }
  | { type: 'PAGE'; items: KubernetesObject[] }
  | { type: 'SYNCED'; resourceVersion: string }
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubernetesObject };

export interface WatchOptions {
  labelSelector?: string;
  fieldSelector?: string;
  signal: AbortSignal;
  /** Silence after which the connection counts as dead; kube-apiserver sends a bookmark about once a minute. */
  livenessMs?: number;
  /** First and longest pause before a new connection, with full jitter. */
  backoffMs?: { first: number; longest: number };
  /** Goes on after this version without a list. */
  resourceVersion?: string;
  /** Least time from the beginning of a list to the beginning of the next. */
  relistMs?: number;
  /** How long the cluster keeps a connection open; it sends a bookmark before it closes it. */
  timeoutSeconds?: number;
  /** Told of each connection that stands. */
  onOpened?: () => void;
  /** Told why there is none any more, unless the cluster closed it in order. */
  onInterrupted?: (error: unknown) => void;
}

interface ListQuery {
  labelSelector?: string;
  fieldSelector?: string;
}

interface Source {
  /** With the length of its text. */
  list(options: ListQuery & { limit: number; continue?: string }, signal: AbortSignal): Promise<{ page: KubernetesList; length: number }>;
  open(query: Query, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** The history of a watch is gone: only a new list helps. */
class HistoryLost extends Error {}

const DEFAULTS = { livenessMs: 75_000, backoffMs: { first: 1000, longest: 30_000 } };
/** A connection that stood for so long did not fail, even if nothing happened meanwhile. */
const STEADY_MS = 10_000;
/** A page is parsed in one go, and nobody else is served meanwhile: so it is not to be much longer than this. */
const PAGE_LENGTH = 1_000_000;
const PAGE_ITEMS = { first: 100, least: 10, most: 500 };

/** List, then watch from there for ever, over lost connections and lost history. See `KubernetesGateway.watch`. */
export async function* watchResource(source: Source, options: WatchOptions): AsyncGenerator<WatchEvent> {
  const { signal, labelSelector, fieldSelector } = options;
  const selectors = {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
  let version = options.resourceVersion;
  let listedAt = Number.NEGATIVE_INFINITY;
  for (let failures = 0; !signal.aborted; ) {
    let openedAt: number | undefined;
    try {
      if (version === undefined) {
        await rest(listedAt + (options.relistMs ?? 0) - performance.now(), signal);
        if (signal.aborted) return;
        listedAt = performance.now();
        yield { type: 'LISTING' };
        version = yield* listAll(source, selectors, signal);
        yield { type: 'SYNCED', resourceVersion: version };
      }
      // A connection that ends at once without an event counts as a failure, or a cluster that closes all of them would be flooded.
      failures++;
      openedAt = performance.now();
      for await (const event of connection(source, { ...selectors, resourceVersion: version }, options)) {
        version = event.object.metadata.resourceVersion ?? version;
        failures = 0;
        yield event;
      }
      if (performance.now() - openedAt >= STEADY_MS) failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HistoryLost || isGone(error)) version = undefined;
      else if (error instanceof ApiError && error.code >= 400 && error.code < 500 && error.code !== 429) throw error;
      else options.onInterrupted?.(error);
      failures = openedAt !== undefined && performance.now() - openedAt >= STEADY_MS ? 1 : Math.max(failures, 1);
    }
    if (failures > 0) await pause(failures, options);
  }
}

/** Gives the version of the list, which is the same for all of its pages. */
async function* listAll(source: Source, selectors: ListQuery, signal: AbortSignal): AsyncGenerator<WatchEvent, string> {
  let limit = PAGE_ITEMS.first;
  for (let next: string | undefined; ; ) {
    const { page, length } = await source.list({ ...selectors, limit, ...(next === undefined ? {} : { continue: next }) }, signal);
    yield { type: 'PAGE', items: page.items };
    next = page.metadata.continue;
    if (!next) return page.metadata.resourceVersion ?? '';
    limit = Math.min(PAGE_ITEMS.most, Math.max(PAGE_ITEMS.least, Math.floor((PAGE_LENGTH * page.items.length) / length)));
  }
}

type ObjectEvent = Extract<WatchEvent, { object: KubernetesObject }>;

/** One connection: ends when the server ends it, throws when it breaks or falls silent. */
async function* connection(source: Source, query: Query, options: WatchOptions): AsyncGenerator<ObjectEvent> {
  const silence = new AbortController();
  const livenessMs = options.livenessMs ?? DEFAULTS.livenessMs;
  let timer = setTimeout(() => silence.abort(), livenessMs);
  try {
    const chunks = await source.open(
      { ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds: options.timeoutSeconds },
      AbortSignal.any([options.signal, silence.signal]),
    );
    options.onOpened?.();
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
  await rest(Math.random() * Math.min(backoffMs.longest, backoffMs.first * 2 ** (failures - 1)), signal);
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted while waiting: the loop's own condition ends it.
  }
}
