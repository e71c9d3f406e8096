import { Worker } from 'node:worker_threads';
import { ApiError, badRequest } from '#errors';
import { parseJson } from '#kubernetes';
import type { BodyAnswer, BodyTask } from './body-worker.gateway.js';
import { type BodyFormat, isLong, readBody, YamlDocuments } from './read-body.js';

interface Waiting {
  task: BodyTask;
  resolve(body: unknown): void;
  reject(failure: Error): void;
}

/** No body within the limits takes nearly as long; one that does is an attack. */
const TIME_LIMIT_MS = 5000;
const MAX_WAITING = 32;
/** A worker holds some 20 MB: it goes when nobody sends long bodies. */
const IDLE_MS = 60_000;

/**
 * Reads request bodies. Long ones are read one after the other by a worker thread, so that the event loop, and with it everybody else's
 * request, does not wait for a manifest of megabytes. A body that takes too long is refused, and its worker thrown away.
 */
export class BodyReader {
  private readonly waiting: Waiting[] = [];
  private current: Waiting | undefined;
  private worker: Worker | undefined;
  private timer: NodeJS.Timeout | undefined;
  private nextId = 1;

  /** Throws 400 with the place of the fault, 429 when too many long bodies wait already. */
  async read(format: BodyFormat, text: string): Promise<unknown> {
    if (!isLong(format, text)) return readBody(format, text);
    if (this.waiting.length >= MAX_WAITING)
      throw new ApiError('TooManyRequests', 'too many long bodies are waiting to be read: try again', { retryAfterSeconds: 1 });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.waiting.push({ task: { id: this.nextId++, format, text }, resolve, reject });
    this.next();
    return promise;
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.worker?.terminate();
  }

  private next(): void {
    if (this.current !== undefined) return;
    clearTimeout(this.timer);
    this.current = this.waiting.shift();
    if (this.current === undefined) {
      this.timer = setTimeout(() => this.discardWorker(), IDLE_MS).unref();
      return;
    }
    this.worker ??= this.startWorker();
    this.worker.postMessage(this.current.task);
    this.timer = setTimeout(() => this.fail(badRequest('the body takes too long to read: split it into several requests')), TIME_LIMIT_MS);
  }

  private startWorker(): Worker {
    const worker = new Worker(new URL('./body-worker.gateway.js', import.meta.url));
    worker.unref();
    worker.on('message', (answer: BodyAnswer) => this.worker === worker && this.finish(answer));
    worker.on('error', (error) => this.worker === worker && this.fail(error as Error));
    return worker;
  }

  private finish(answer: BodyAnswer): void {
    const done = this.current;
    if (done?.task.id !== answer.id) return;
    this.current = undefined;
    if ('refusal' in answer) done.reject(badRequest(answer.refusal));
    else done.resolve(toBody(done.task, answer.json));
    this.next();
  }

  /** What the worker does next can't be known: it goes. */
  private fail(failure: Error): void {
    const failed = this.current;
    this.current = undefined;
    this.discardWorker();
    failed?.reject(failure);
    this.next();
  }

  private discardWorker(): void {
    void this.worker?.terminate();
    this.worker = undefined;
  }
}

function toBody({ format, text }: BodyTask, json: string | undefined): unknown {
  const value = parseJson(json ?? text);
  return format === 'yaml' ? new YamlDocuments(value as unknown[]) : value;
}
