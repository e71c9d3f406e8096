import { Transform, type TransformCallback } from 'node:stream';
import type { Framing } from './framing.js';

const NOTHING = Buffer.alloc(0);

/**
 * One direction of a session, byte for byte, but for frames of our own put in between and answers to those taken out. It keeps no more than
 * a frame's header, whatever the length of a frame.
 */
export class FrameRelay extends Transform {
  /** Of the frame that is being passed on. */
  private left = 0;
  /** The beginning of a frame of which the header is not complete. */
  private partial = NOTHING;
  private waitingFrame: Buffer | undefined;
  private held: (() => void)[] | undefined;

  /** Without a framing, bytes pass as they are. `onUse` is called when more than a sign of life passes. */
  constructor(
    private readonly framing: Framing | undefined,
    private readonly onUse: () => void,
  ) {
    super();
  }

  /** Puts a frame in as soon as one frame has ended and the next has not begun; a later call replaces one that still waits. */
  inject(frame: Buffer): void {
    if (this.destroyed || this.writableEnded) return;
    if (this.isBetweenFrames && this.held === undefined) this.push(frame);
    else this.waitingFrame = frame;
  }

  /** Lets nothing more through until `release`. */
  hold(): void {
    this.held ??= [];
  }

  release(): void {
    const waiting = this.held ?? [];
    this.held = undefined;
    for (const go of waiting) go();
  }

  /** The last that passes: this frame, unless another one is cut off by it. */
  finish(frame: Buffer | undefined): void {
    if (frame !== undefined && this.isBetweenFrames) this.push(frame);
    this.partial = NOTHING;
    this.end();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.held !== undefined) {
      this.held.push(() => this._transform(chunk, _encoding, done));
      return;
    }
    try {
      if (this.framing === undefined) {
        this.onUse();
        this.push(chunk);
      } else this.scan(chunk, this.framing);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    if (this.partial.length > 0) this.push(this.partial);
    done();
  }

  private get isBetweenFrames(): boolean {
    return this.left === 0 && this.partial.length === 0;
  }

  private scan(chunk: Buffer, framing: Framing): void {
    const data = this.partial.length === 0 ? chunk : Buffer.concat([this.partial, chunk]);
    this.partial = NOTHING;
    let from = 0;
    let at = Math.min(this.left, data.length);
    this.left -= at;
    const pass = (to: number) => {
      if (to > from) this.push(data.subarray(from, to));
      from = to;
    };
    while (at < data.length) {
      if (this.waitingFrame !== undefined) {
        pass(at);
        this.pushWaiting();
      }
      const frame = readFrame(data.subarray(at), framing);
      if (frame === undefined) {
        this.partial = Buffer.from(data.subarray(at));
        pass(at);
        return;
      }
      if (frame.isPong) {
        pass(at);
        from = at + frame.length;
      } else if (!frame.isControl) this.onUse();
      this.left = Math.max(0, at + frame.length - data.length);
      at = Math.min(data.length, at + frame.length);
    }
    pass(data.length);
    if (this.left === 0) this.pushWaiting();
  }

  private pushWaiting(): void {
    if (this.waitingFrame !== undefined) this.push(this.waitingFrame);
    this.waitingFrame = undefined;
  }
}

/** Undefined while the header is not complete, or a control frame (they are short) is not. Throws when the frame breaks the protocol. */
function readFrame(data: Buffer, framing: Framing): { length: number; isControl: boolean; isPong: boolean } | undefined {
  const headerLength = framing.headerLength(data);
  if (headerLength === undefined || data.length < headerLength) return undefined;
  framing.check(data);
  const length = headerLength + framing.payloadLength(data);
  const isControl = framing.isControl(data);
  if (isControl && data.length < length) return undefined;
  return { length, isControl, isPong: isControl && framing.isPong(data.subarray(0, length)) };
}
