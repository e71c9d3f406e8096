const BYTES = 64 * 1024;
/** Kept for reuse: 4 MiB. */
const MAX_FREE = 64;

/**
 * Memory in which parts of a body are joined into one write, used again when that is written: a new buffer for each write is memory outside
 * of the heap, for which V8 marks the whole heap again and again.
 */
export class WriteBuffer {
  private static readonly free: WriteBuffer[] = [];
  private readonly bytes = Buffer.allocUnsafeSlow(BYTES);
  private used = 0;

  private constructor() {}

  static take(): WriteBuffer {
    return WriteBuffer.free.pop() ?? new WriteBuffer();
  }

  /** Copies what fits of `source` from `offset` on; returns how much that was. */
  add(source: Buffer, offset: number): number {
    const copied = source.copy(this.bytes, this.used, offset);
    this.used += copied;
    return copied;
  }

  get isFull(): boolean {
    return this.used === BYTES;
  }

  get content(): Buffer {
    return this.bytes.subarray(0, this.used);
  }

  /** Gives it back, once. Only after its content has been written: what is written later would be another answer's content. */
  release(): void {
    this.used = 0;
    if (WriteBuffer.free.length < MAX_FREE) WriteBuffer.free.push(this);
  }
}
