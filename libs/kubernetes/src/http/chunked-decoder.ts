import { MAX_HEAD_BYTES, ProtocolError } from './response-head.js';

const CR = 0x0d;
const LF = 0x0a;
/** Of the line with a chunk's size: digits, and extensions that nobody uses. */
const MAX_SIZE_LINE = 256;
const SIZE_LINE = /^([0-9a-f]{1,12})[ \t]*(?:;[\t\x20-\x7e]*)?$/i;
const TRAILER_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/** Takes a chunked body apart (RFC 9112 §7.1), without copying it. Trailers are checked and dropped. */
export class ChunkedDecoder {
  private state: 'size' | 'data' | 'dataEnd' | 'trailer' | 'done' = 'size';
  private left = 0;
  private line = '';
  private trailerBytes = 0;

  /** Takes bytes in and gives out the content. Returns how many belong to the body; fewer than given, or `isDone`, when it has ended. */
  decode(bytes: Buffer, onData: (content: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && this.state !== 'done') {
      if (this.state === 'data') {
        const content = bytes.subarray(at, at + this.left);
        at += content.length;
        this.left -= content.length;
        if (this.left === 0) this.state = 'dataEnd';
        onData(content);
      } else {
        at = this.takeLine(bytes, at);
      }
    }
    return at;
  }

  get isDone(): boolean {
    return this.state === 'done';
  }

  /** Takes what there is of a line; acts when it is complete. */
  private takeLine(bytes: Buffer, from: number): number {
    const feed = bytes.indexOf(LF, from);
    const to = feed < 0 ? bytes.length : feed + 1;
    this.line += bytes.toString('latin1', from, to);
    if (this.line.length > (this.state === 'trailer' ? MAX_HEAD_BYTES : MAX_SIZE_LINE)) throw new ProtocolError('an endless line');
    if (feed < 0) return to;
    if (this.line.charCodeAt(this.line.length - 2) !== CR) throw new ProtocolError('a line that ends without CR LF');
    const line = this.line.slice(0, -2);
    this.line = '';
    this.onLine(line);
    return to;
  }

  private onLine(line: string): void {
    if (this.state === 'size') {
      const digits = SIZE_LINE.exec(line)?.[1];
      if (digits === undefined) throw new ProtocolError('a malformed size of a chunk');
      this.left = Number.parseInt(digits, 16);
      this.state = this.left === 0 ? 'trailer' : 'data';
    } else if (this.state === 'dataEnd') {
      if (line !== '') throw new ProtocolError('a chunk longer than its size');
      this.state = 'size';
    } else if (line === '') {
      this.state = 'done';
    } else {
      this.trailerBytes += line.length;
      if (!TRAILER_LINE.test(line) || this.trailerBytes > MAX_HEAD_BYTES) throw new ProtocolError('malformed trailers');
    }
  }
}
