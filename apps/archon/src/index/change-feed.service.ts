import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Logger } from '#log';
import { AppConfig } from '../config.module.js';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';

/** An object that was written or deleted. */
export interface ObjectChange {
  kind: number;
  cluster: number;
  uid: string;
  /** The number of its namespace. */
  namespace: number;
  name: string;
}

/** Somebody who is told of changes of some kinds. */
export interface ChangeListener {
  kinds: ReadonlySet<number>;
  changed: (changes: readonly ObjectChange[]) => void;
  /** Changes may have been missed: begin anew. */
  lost: () => void;
}

interface Pair {
  kind: number;
  cluster: number;
}

const POLL_MS = 200;
const TRIM_MS = 60_000;
/** How long changes are kept, and after what silence they may have been missed. */
const KEPT = "interval '10 minutes'";
const SILENCE_MS = 300_000;

/** What changes in the index, whichever replica writes it. Asks only while somebody listens. */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly listeners = new Set<ChangeListener>();
  /** The revision up to which changes of a kind of a cluster were told. Those of one are written one after the other. */
  private readonly heads = new Map<string, Pair & { revision: string }>();
  /** Kinds whose heads are known. */
  private readonly known = new Set<number>();
  private readonly polls: PeriodicTask;
  private readonly trims: PeriodicTask;
  private polledAt = 0;

  constructor(
    private readonly database: DataSource,
    private readonly config: AppConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    const failure = 'changes of the index could not be read; it is tried again';
    this.polls = new PeriodicTask({ everyMs: POLL_MS, work: () => this.poll(), logger, failure });
    this.trims = new PeriodicTask({ everyMs: TRIM_MS, work: () => this.trim(), logger, failure: 'old changes could not be deleted' });
  }

  onApplicationBootstrap(): void {
    this.polls.start();
    if (this.config.index) this.trims.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.polls.stop(), this.trims.stop()]);
  }

  /** Tells of all changes after the promise has resolved; ends with what it gives. */
  async listen(listener: ChangeListener): Promise<() => void> {
    this.listeners.add(listener);
    const end = () => void this.listeners.delete(listener);
    try {
      await this.learn([...listener.kinds].filter((kind) => !this.known.has(kind)));
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** One round: tells what has changed since the one before. */
  async poll(): Promise<void> {
    for (const kind of this.known) if (!this.isListenedTo(kind)) this.forget(kind);
    if (this.known.size === 0) return;
    if (performance.now() - this.polledAt > SILENCE_MS) return this.loseAll();
    const pairs = await this.revisions([...this.known]);
    this.loseRemoved(pairs);
    const moved = pairs.filter((pair) => this.heads.get(keyOf(pair))?.revision !== pair.revision);
    const changes = moved.length === 0 ? [] : await this.changesAfter(moved);
    for (const pair of moved) this.heads.set(keyOf(pair), pair);
    // What was written between the two looks is told now, and is not to be told again.
    for (const { kind, cluster, revision } of changes) {
      const head = this.heads.get(keyOf({ kind, cluster }));
      if (head !== undefined && BigInt(revision) > BigInt(head.revision)) head.revision = revision;
    }
    this.polledAt = performance.now();
    for (const listener of this.listeners) {
      const concerning = changes.filter(({ kind }) => listener.kinds.has(kind));
      if (concerning.length > 0) listener.changed(concerning);
    }
  }

  private async learn(kinds: readonly number[]): Promise<void> {
    if (kinds.length === 0) return;
    if (this.known.size === 0) this.polledAt = performance.now();
    for (const pair of await this.revisions(kinds)) if (!this.known.has(pair.kind)) this.heads.set(keyOf(pair), pair);
    for (const kind of kinds) this.known.add(kind);
  }

  private isListenedTo(kind: number): boolean {
    return [...this.listeners].some(({ kinds }) => kinds.has(kind));
  }

  private forget(kind: number): void {
    this.known.delete(kind);
    for (const [key, head] of this.heads) if (head.kind === kind) this.heads.delete(key);
  }

  private loseAll(): void {
    for (const kind of this.known) this.forget(kind);
    for (const { lost } of [...this.listeners]) lost();
  }

  /** A kind of a cluster that is no longer followed took its rows with it, without a word of each. */
  private loseRemoved(pairs: readonly Pair[]): void {
    const left = new Set(pairs.map(keyOf));
    for (const [key, { kind }] of this.heads) {
      if (left.has(key)) continue;
      this.heads.delete(key);
      for (const { kinds, lost } of [...this.listeners]) if (kinds.has(kind)) lost();
    }
  }

  private revisions(kinds: readonly number[]): Promise<(Pair & { revision: string })[]> {
    return this.database.query('select kind, cluster, revision::text from reflections where kind = any($1)', [kinds]);
  }

  /** A kind of a cluster that is new has no head: all of it is new. */
  private changesAfter(pairs: readonly Pair[]): Promise<(ObjectChange & { revision: string })[]> {
    return this.database.query(
      `select c.kind, c.cluster, c.uid, c.namespace, c.name, c.revision::text
       from unnest($1::int[], $2::int[], $3::bigint[]) as head (kind, cluster, revision)
       join object_changes c on c.kind = head.kind and c.cluster = head.cluster and c.revision > head.revision
       order by c.revision`,
      [
        pairs.map(({ kind }) => kind),
        pairs.map(({ cluster }) => cluster),
        pairs.map((pair) => this.heads.get(keyOf(pair))?.revision ?? '0'),
      ],
    );
  }

  private async trim(): Promise<void> {
    await this.database.query(`delete from object_changes where written_at < now() - ${KEPT}`);
  }
}

const keyOf = ({ kind, cluster }: Pair): string => `${kind}/${cluster}`;
