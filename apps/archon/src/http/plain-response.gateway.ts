import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientResponse } from '#kubernetes';

/** RFC 9110 §5.5. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const END_OF_CHUNKS = '0\r\n\r\n';

/** The answer to a plain request, written straight to its connection. Has a length, or comes in chunks. */
export class PlainResponse implements ClientResponse {
  statusCode = 200;
  headersSent = false;
  writableEnded = false;
  destroyed = false;
  /** Not yet sent: goes out with the first part of the body. */
  private head = '';
  private hasLength = false;
  private isChunked = false;
  private readonly closed: (() => void)[] = [];

  constructor(
    private readonly socket: Socket,
    /** Lines that say what becomes of the connection. */
    private readonly connectionLines: string,
    /** When all of it has been handed to the system. */
    private readonly onSent: () => void,
  ) {}

  writeHead(status: number, headers: string[] | Record<string, string>): this {
    const list = Array.isArray(headers) ? headers : Object.entries(headers).flat();
    let [lines, hasDate] = ['', false];
    for (let i = 1; i < list.length; i += 2) {
      const [name = '', value = ''] = [list[i - 1], list[i]];
      if (!VALUE.test(value)) throw new TypeError(`the header ${name} of an answer is not printable`);
      if (name === 'content-length') this.hasLength = true;
      else if (name === 'date') hasDate = true;
      lines += `${name}: ${value}\r\n`;
    }
    this.statusCode = status;
    this.headersSent = true;
    const date = hasDate ? '' : `date: ${new Date().toUTCString()}\r\n`;
    this.head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}${date}${this.connectionLines}`;
    return this;
  }

  flushHeaders(): void {
    const head = this.takeHead();
    if (head !== '') this.socket.write(head, 'latin1');
  }

  write(bytes: Buffer, written: (error?: Error | null) => void): boolean {
    const head = this.takeHead();
    const before = this.isChunked ? `${head}${bytes.length.toString(16)}\r\n` : head;
    this.socket.cork();
    if (before !== '') this.socket.write(before, 'latin1');
    const isTaken = this.socket.write(bytes, written);
    if (this.isChunked) this.socket.write('\r\n', 'latin1');
    this.socket.uncork();
    return isTaken;
  }

  end(text = '', encoding: BufferEncoding = 'utf8'): this {
    this.writableEnded = true;
    const content = encoding === 'latin1' ? text : Buffer.from(text, encoding).toString('latin1');
    if (this.head !== '' && !this.hasLength && !isWithoutBody(this.statusCode)) {
      this.head += `content-length: ${content.length}\r\n`;
      this.hasLength = true;
    }
    const head = this.takeHead();
    const body = this.isChunked && content !== '' ? `${content.length.toString(16)}\r\n${content}\r\n` : content;
    this.socket.write(`${head}${body}${this.isChunked ? END_OF_CHUNKS : ''}`, 'latin1', () => this.sent());
    return this;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }

  /** Only `close`, which comes once: when the answer is sent, or its connection is gone. */
  on(_event: 'close', listener: () => void): this {
    this.closed.push(listener);
    return this;
  }

  once(event: 'close', listener: () => void): this {
    return this.on(event, listener);
  }

  /** To be called when the connection is gone. */
  lost(): void {
    this.close();
  }

  private sent(): void {
    if (this.destroyed) return;
    this.close();
    this.onSent();
  }

  private close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const listener of this.closed) listener();
  }

  private takeHead(): string {
    if (this.head === '') return '';
    this.isChunked = !this.hasLength && !isWithoutBody(this.statusCode);
    const head = `${this.head}${this.isChunked ? 'transfer-encoding: chunked\r\n' : ''}\r\n`;
    this.head = '';
    return head;
  }
}

const isWithoutBody = (status: number): boolean => status === 204 || status === 304;
