import { ChunkedDecoder } from './chunked-decoder.js';
import { MAX_HEAD_BYTES, parseResponseHead, ProtocolError, type ResponseHead } from './response-head.js';

/** Told of an answer as it arrives: one head, then content, whose bytes are only lent for the call. */
export interface ResponseSink {
  onHead(head: ResponseHead): void;
  onData(content: Buffer): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
/** Heads without an answer (100, 103) that may come before it. */
const MAX_INTERIM = 16;

/** Reads one answer from the bytes of a connection, cut anywhere. Does no I/O. */
export class ResponseReader {
  private pending: Buffer = NOTHING;
  private interim = 0;
  private body: { chunks: ChunkedDecoder } | { left: number } | undefined;

  constructor(
    private readonly method: string,
    private readonly sink: ResponseSink,
  ) {}

  /**
   * Takes the next bytes, lent for the call. Undefined until the answer is complete; then what came behind it, which belongs to no request. Throws
   * ProtocolError.
   */
  read(bytes: Buffer): Buffer | undefined {
    if (this.body !== undefined) return this.readBody(bytes);
    const all = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    const end = all.indexOf(HEAD_END);
    if ((end < 0 ? all.length : end) > MAX_HEAD_BYTES) throw new ProtocolError('an endless head');
    if (end < 0) {
      this.pending = all === bytes ? Buffer.from(bytes) : all;
      return undefined;
    }
    this.pending = NOTHING;
    return this.onHead(parseResponseHead(all.toString('latin1', 0, end), this.method), all.subarray(end + HEAD_END.length));
  }

  /** Whether the end of the connection is the end of the answer. */
  isCompleteAtEnd(): boolean {
    return this.body !== undefined && 'left' in this.body && this.body.left === Number.POSITIVE_INFINITY;
  }

  private onHead(head: ResponseHead, rest: Buffer): Buffer | undefined {
    if (head.status === 101) throw new ProtocolError('a change of protocol that nobody asked for');
    if (head.status < 200) {
      if (++this.interim > MAX_INTERIM) throw new ProtocolError('no answer after many promises of one');
      return rest.length === 0 ? undefined : this.read(rest);
    }
    if (head.body === 'chunked') this.body = { chunks: new ChunkedDecoder() };
    else this.body = { left: head.body === 'close' ? Number.POSITIVE_INFINITY : head.body };
    this.sink.onHead(head);
    return this.readBody(rest);
  }

  private readBody(bytes: Buffer): Buffer | undefined {
    const { body } = this;
    if (body === undefined) return undefined;
    if ('chunks' in body) {
      const taken = body.chunks.decode(bytes, (content) => this.sink.onData(content));
      return body.chunks.isDone ? bytes.subarray(taken) : undefined;
    }
    const content = bytes.length <= body.left ? bytes : bytes.subarray(0, body.left);
    body.left -= content.length;
    if (content.length > 0) this.sink.onData(content);
    return body.left === 0 ? bytes.subarray(content.length) : undefined;
  }
}
