import { setImmediate as immediate } from 'node:timers/promises';
import {
  connectionFailure,
  type KubernetesGateway,
  type KubernetesObject,
  type ResourceType,
  type Target,
  type WatchEvent,
} from '#kubernetes';
import type { Logger } from '#log';
import { ChangeQueue } from './change-queue.gateway.js';
import { type Change, uidOf } from './changes.js';
import type { Reflected } from './fenced.repository.js';
import { LeaseLost } from './lease-lost.js';
import { lastingUid } from './object-row.js';
import type { Reflections } from './reflections.repository.js';

/** Where what is seen goes. */
export interface Sink<Row> {
  /** Undefined: the object is not kept. */
  toRow: (object: KubernetesObject) => Row | undefined;
  apply: (changes: readonly Change<Row>[], resourceVersion: string | undefined) => Promise<void>;
  /** The end of a list that had these objects. */
  finishList: (uids: readonly string[], resourceVersion: string) => Promise<void>;
}

export interface ReflectorOptions<Row> {
  target: Target;
  type: ResourceType;
  reflected: Reflected;
  sink: Sink<Row>;
  kubernetes: KubernetesGateway;
  reflections: Reflections;
  logger: Logger;
  pace: Pace;
  /** Begins a list: resolves when it may, with what ends it. */
  enterList: (signal: AbortSignal) => Promise<() => void>;
}

/** How fast a reflector tries, and how long it waits. */
export interface Pace {
  /** The cluster ends a watch after this time, plus a random part of ten seconds; it sends a bookmark before. */
  watchSeconds: number;
  /** Silence for so long is a dead connection. */
  livenessMs: number;
  /** Least time between two lists. */
  relistMs: number;
  backoffMs: { first: number; longest: number };
}

/** A watch ends sooner than a cluster's own minute between bookmarks: so silence can be told from death within a minute. */
export const PACE: Pace = { watchSeconds: 40, livenessMs: 55_000, relistMs: 10_000, backoffMs: { first: 1000, longest: 30_000 } };
const SPREAD_SECONDS = 10;
const ITEMS_AT_ONCE = 50;

/** Follows one kind of one cluster, and keeps the index as the cluster is. */
export class Reflector<Row extends { uid: string }> {
  /** The uids of the list that is under way. */
  private listed: string[] | undefined;
  private leaveList: () => void = () => undefined;
  private told: Promise<void> = Promise.resolve();
  /** Aborts with what ended the writing: whoever waits for the cluster's next event would learn it late. */
  private readonly failed = new AbortController();
  private readonly signal: AbortSignal;
  private readonly queue: ChangeQueue<Row>;

  constructor(
    private readonly options: ReflectorOptions<Row>,
    signal: AbortSignal,
  ) {
    this.signal = AbortSignal.any([signal, this.failed.signal]);
    const { sink, logger, target, type } = options;
    const of = { cluster: target.cluster.name, resource: type.resource, group: type.group };
    this.queue = new ChangeQueue({
      write: sink.apply,
      onFailure: (error) => logger.warn({ ...of, err: error }, 'the index could not be written; it is tried again'),
      onRefused: (change, error) => logger.error({ ...of, uid: uidOf(change), err: error }, 'the database refuses an object'),
      onEnded: (error) => this.failed.abort(error),
      signal: this.signal,
    });
  }

  /** Goes on until the signal aborts. Throws LeaseLost, and an ApiError when the cluster doesn't let the kind be followed. */
  async run(): Promise<void> {
    const { kubernetes, target, type, reflections, reflected, pace } = this.options;
    const version = await reflections.start(reflected, type);
    try {
      const events = kubernetes.watch(
        target,
        { group: type.group, version: type.version, resource: type.resource },
        {
          signal: this.signal,
          livenessMs: pace.livenessMs,
          relistMs: pace.relistMs,
          backoffMs: pace.backoffMs,
          timeoutSeconds: pace.watchSeconds + Math.floor(Math.random() * SPREAD_SECONDS),
          ...(version === undefined ? {} : { resourceVersion: version }),
          onOpened: () => this.tell('Watching', ''),
          onInterrupted: (error) => this.interrupted(error),
        },
      );
      for await (const event of events) await this.take(event);
      this.failed.signal.throwIfAborted();
      await this.queue.settled();
    } finally {
      this.leaveList();
      await this.told;
      // Whoever follows the kind next under the same lease must come after what is being written.
      await this.queue.settled().catch(() => undefined);
    }
  }

  private async take(event: WatchEvent): Promise<void> {
    const { sink, reflections, reflected } = this.options;
    switch (event.type) {
      case 'LISTING':
        this.leaveList();
        this.leaveList = await this.options.enterList(this.signal);
        // What was seen before the list is older than it.
        await this.queue.settled();
        this.listed = [];
        return reflections.setState(reflected, 'Listing', '');
      case 'PAGE':
        return this.takePage(event.items);
      case 'SYNCED':
        await sink.finishList(this.listed ?? [], event.resourceVersion);
        this.listed = undefined;
        return this.leaveList();
      case 'BOOKMARK':
        return this.queue.add(undefined, event.object.metadata.resourceVersion);
      case 'DELETED':
        return this.takeDeletion(event.object);
      default:
        return this.takeObject(event.object);
    }
  }

  private async takePage(items: readonly KubernetesObject[]): Promise<void> {
    const changes: Change<Row>[] = [];
    for (const [index, item] of items.entries()) {
      // A large page takes a while, and others are to be served meanwhile.
      if (index > 0 && index % ITEMS_AT_ONCE === 0) await immediate();
      const row = this.options.sink.toRow(item);
      if (row === undefined) continue;
      this.listed?.push(row.uid);
      changes.push({ row });
    }
    await this.queue.write(changes, undefined);
  }

  private async takeObject(object: KubernetesObject): Promise<void> {
    const row = this.options.sink.toRow(object);
    await this.queue.add(row && { row }, object.metadata.resourceVersion);
  }

  private async takeDeletion(object: KubernetesObject): Promise<void> {
    const deleted = lastingUid(object);
    await this.queue.add(deleted === undefined ? undefined : { deleted }, object.metadata.resourceVersion);
  }

  private interrupted(error: unknown): void {
    this.leaveList();
    this.tell('Interrupted', connectionFailure(this.options.target.cluster.name, error).message);
  }

  /** After what was seen before. A state that can't be written is told again with the next one. */
  private tell(state: 'Watching' | 'Interrupted', reason: string): void {
    const { reflections, reflected, logger } = this.options;
    this.told = this.told
      .then(() => this.queue.settled())
      .then(() => reflections.setState(reflected, state, reason))
      .catch((error: unknown) => {
        if (error instanceof LeaseLost) this.failed.abort(error);
        else logger.debug({ err: error }, 'the state of a reflector was not written');
      });
  }
}
