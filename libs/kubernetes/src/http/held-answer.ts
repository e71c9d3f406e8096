import type { ResponseHandler } from './exchange.js';
import type { ResponseHead } from './response-head.js';

/** Takes an answer of which it is not decided yet who gets it; a paused exchange brings little more of it. */
export class HeldAnswer implements ResponseHandler {
  private readonly content: Buffer[] = [];
  private ending: { error: Error | undefined } | undefined;

  constructor(private readonly head: ResponseHead) {}

  onHead(): void {
    // There was one: it is why the answer is held.
  }

  onData(content: Buffer): void {
    this.content.push(Buffer.from(content));
  }

  onEnd(): void {
    this.ending = { error: undefined };
  }

  onError(error: Error): void {
    this.ending = { error };
  }

  /** Hands over what came so far. */
  passTo(handler: ResponseHandler): void {
    handler.onHead(this.head);
    for (const content of this.content) handler.onData(content);
    if (this.ending === undefined) return;
    if (this.ending.error === undefined) handler.onEnd();
    else handler.onError(this.ending.error);
  }
}
