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
import { LeaseLost } from './lease-lost.js';
import { lastingUid, toObjectRow } from './object-row.js';
import type { ObjectWriter, Reflected } from './object-writer.repository.js';
import type { OmittedField } from './trimmed-object.js';

export interface ReflectorOptions {
  target: Target;
  type: ResourceType;
  reflected: Reflected;
  omitted: readonly OmittedField[];
  kubernetes: KubernetesGateway;
  writer: ObjectWriter;
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

/** Follows one kind of one cluster, and keeps the index as the cluster is. */
export class Reflector {
  /** The uids of the list that is under way. */
  private listed: string[] | undefined;
  private leaveList: () => void = () => undefined;
  private told: Promise<void> = Promise.resolve();
  /** Aborts with what ended the writing: whoever waits for the cluster's next event would learn it late. */
  private readonly failed = new AbortController();
  private readonly signal: AbortSignal;
  private readonly queue: ChangeQueue;

  constructor(
    private readonly options: ReflectorOptions,
    signal: AbortSignal,
  ) {
    this.signal = AbortSignal.any([signal, this.failed.signal]);
    const { writer, reflected, logger, target, type } = options;
    const of = { cluster: target.cluster.name, resource: type.resource, group: type.group };
    this.queue = new ChangeQueue({
      write: (changes, version) => writer.apply(reflected, changes, version),
      onFailure: (error) => logger.warn({ ...of, err: error }, 'the index could not be written; it is tried again'),
      onRefused: (change, error) =>
        logger.error({ ...of, uid: 'row' in change ? change.row.uid : change.deleted, err: error }, 'the database refuses an object'),
      onEnded: (error) => this.failed.abort(error),
      signal: this.signal,
    });
  }

  /** Goes on until the signal aborts. Throws LeaseLost, and an ApiError when the cluster doesn't let the kind be followed. */
  async run(): Promise<void> {
    const { kubernetes, target, type, writer, reflected, pace } = this.options;
    const version = await writer.start(reflected, type.version);
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
    }
  }

  private async take(event: WatchEvent): Promise<void> {
    const { writer, reflected } = this.options;
    switch (event.type) {
      case 'LISTING':
        this.leaveList();
        this.leaveList = await this.options.enterList(this.signal);
        // What was seen before the list is older than it.
        await this.queue.settled();
        this.listed = [];
        return writer.setState(reflected, 'Listing', '');
      case 'PAGE':
        return this.takePage(event.items);
      case 'SYNCED':
        await writer.finishList(reflected, this.listed ?? [], event.resourceVersion);
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
    const rows = items.flatMap((item) => this.toRow(item) ?? []);
    for (const { uid } of rows) this.listed?.push(uid);
    await this.queue.write(
      rows.map((row) => ({ row })),
      undefined,
    );
  }

  private async takeObject(object: KubernetesObject): Promise<void> {
    const row = this.toRow(object);
    await this.queue.add(row && { row }, object.metadata.resourceVersion);
  }

  private async takeDeletion(object: KubernetesObject): Promise<void> {
    const deleted = lastingUid(object);
    await this.queue.add(deleted === undefined ? undefined : { deleted }, object.metadata.resourceVersion);
  }

  private toRow(object: KubernetesObject) {
    return toObjectRow(object, this.options.type, this.options.omitted);
  }

  private interrupted(error: unknown): void {
    this.leaveList();
    this.tell('Interrupted', connectionFailure(this.options.target.cluster.name, error).message);
  }

  /** After what was seen before. A state that can't be written is told again with the next one. */
  private tell(state: 'Watching' | 'Interrupted', reason: string): void {
    const { writer, reflected, logger } = this.options;
    this.told = this.told
      .then(() => this.queue.settled())
      .then(() => writer.setState(reflected, state, reason))
      .catch((error: unknown) => {
        if (error instanceof LeaseLost) this.failed.abort(error);
        else logger.debug({ err: error }, 'the state of a reflector was not written');
      });
  }
}
