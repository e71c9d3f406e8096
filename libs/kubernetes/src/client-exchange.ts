import type { IncomingMessage } from 'node:http';

/** What is needed of a client's request to pass it on; its body, if any, comes separately. Node's own request is one. */
export type ClientRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders' | 'socket'>;

/** What is needed of a response to write a cluster's answer to it. Node's own response is one; the meaning of each member is Node's. */
export interface ClientResponse {
  readonly statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  /** `headers`: names and values in turn, or an object. */
  writeHead(status: number, headers: string[] | Record<string, string>): this;
  flushHeaders(): void;
  /** `written` is called when the bytes have been handed to the system, or with an error. */
  write(bytes: Buffer, written: (error?: Error | null) => void): boolean;
  end(text?: string, encoding?: BufferEncoding): this;
  destroy(): this;
  on(event: 'close', listener: () => void): this;
  once(event: 'close', listener: () => void): this;
}
