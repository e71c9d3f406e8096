import { setTimeout as sleep } from 'node:timers/promises';
import type { Change } from './changes.js';
import { LeaseLost } from './lease-lost.js';

interface Writing<Row> {
  /** Writes changes in their order; with a version, everything up to it is written then. */
  write: (changes: readonly Change<Row>[], resourceVersion: string | undefined) => Promise<void>;
  onFailure: (error: unknown) => void;
  /** An object that the database will never take. */
  onRefused: (change: Change<Row>, error: unknown) => void;
  /** Nothing is written any more. */
  onEnded: (error: unknown) => void;
  signal: AbortSignal;
}

const BATCH = 500;
/** Of what waits, before whoever reads from the cluster has to wait too. */
const FULL = 2 * BATCH;
const RETRY_MS = { first: 100, longest: 5000 };

/**
 * What a reflector has seen and is not yet written. While one batch is being written the next one gathers: a single change goes at once, a
 * thousand go together. A database that is away is waited for.
 */
export class ChangeQueue<Row> {
  private waiting: { change?: Change<Row>; version: string | undefined }[] = [];
  private draining: Promise<void> | undefined;
  private failure: Error | undefined;

  constructor(private readonly options: Writing<Row>) {}

  /** Resolves when there is room for more. Without a change: there is nothing new up to this version. Throws what ended the writing. */
  async add(change: Change<Row> | undefined, version: string | undefined): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.waiting.push({ ...(change === undefined ? {} : { change }), version });
    this.draining ??= this.drain();
    if (this.waiting.length >= FULL) await this.settled();
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    await this.draining;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Writes until the database takes it. Throws LeaseLost, and when it is given up: what follows must not be taken for complete. */
  async write(changes: readonly Change<Row>[], version: string | undefined): Promise<void> {
    const { signal } = this.options;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await this.options.write(changes, version);
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        if (isRefusal(error) && changes.length > 0) return this.writeApart(changes, version, error);
        this.options.onFailure(error);
        const ceiling = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** failures);
        await sleep(Math.random() * ceiling, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    signal.throwIfAborted();
  }

  /** One object that the database refuses keeps no other out. */
  private async writeApart(changes: readonly Change<Row>[], version: string | undefined, error: unknown): Promise<void> {
    const [first] = changes;
    if (changes.length === 1 && first !== undefined) {
      this.options.onRefused(first, error);
      return this.write([], version);
    }
    const middle = Math.ceil(changes.length / 2);
    await this.write(changes.slice(0, middle), undefined);
    await this.write(changes.slice(middle), version);
  }

  private async drain(): Promise<void> {
    try {
      while (this.waiting.length > 0 && !this.options.signal.aborted) {
        const batch = this.waiting.splice(0, BATCH);
        const changes = batch.flatMap(({ change }) => (change === undefined ? [] : [change]));
        await this.write(changes, batch.at(-1)?.version);
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error('writing failed', { cause: error });
      this.options.onEnded(this.failure);
    } finally {
      this.draining = undefined;
    }
  }
}

/** SQLSTATE classes 22 (data exception), 23 (a value that must be there is not) and 54 (too large): the same data fails again. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(22|23|54)/.test(error.code);
