import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Answer } from './recording-api-server-answer.js';
import type { RecordedRequest } from './recording-api-server-record.js';

/** An upgrade that was agreed to. */
export interface Upgrade {
  /** Writes the 101 and lets the stream run, recording what the client sends. */
  accept(socket: Duplex, head: Buffer): void;
  /** Lets go of what was opened for it, when a fault takes its place. */
  abandon(): void;
}

/** What stands behind the recorder: the store of this process, or a real API server. */
export interface Backend {
  /** `signal` is aborted when the client has gone. */
  answer(request: RecordedRequest, signal: AbortSignal): Promise<Answer>;
  /** An answer is a refusal. */
  upgrade(request: RecordedRequest, message: IncomingMessage, signal: AbortSignal): Promise<Answer | Upgrade>;
  close(): void;
}
