import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { RawConnection } from './raw-connection.js';

export interface ClientResponse<T> {
  status: number;
  headers: IncomingHttpHeaders;
  /** The parsed body when it is JSON, else undefined. */
  body: T;
  text: string;
}

export interface StreamResponse {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readable;
}

export interface ArchonClientOptions {
  url: string;
  /** PEM text of the authority that signed the server's certificate. */
  caPem?: string;
  /** Sent as bearer token; anonymous when absent. */
  token?: string;
  /** Sees every answer that is not a stream; may throw. */
  onAnswer?: (answer: { method: string; path: string; status: number; contentType: string; body: unknown }) => void;
}

type Headers = Record<string, string | string[]>;
/** Objects are sent as JSON, text and bytes as they are. */
type RequestBody = object | string | Buffer;

/** An HTTP client for tests: one server, one identity, answers as they come, whatever their status. Redirects aren't followed. */
export class ArchonClient {
  readonly url: string;
  private readonly caPem: string | undefined;
  private readonly token: string | undefined;
  private readonly onAnswer: ArchonClientOptions['onAnswer'];
  private readonly agent: Agent;

  constructor({ url, caPem, token, onAnswer }: ArchonClientOptions, agent?: Agent) {
    this.onAnswer = onAnswer;
    this.url = url;
    this.caPem = caPem;
    this.token = token;
    this.agent = agent ?? new Agent({ connect: caPem === undefined ? {} : { ca: caPem }, headersTimeout: 60_000, bodyTimeout: 0 });
  }

  /** The same server with another token, or with none. Shares the connections: close one of the two. */
  as(token: string | undefined): ArchonClient {
    const { url, caPem, onAnswer } = this;
    const options = {
      url,
      ...(caPem === undefined ? {} : { caPem }),
      ...(token === undefined ? {} : { token }),
      ...(onAnswer === undefined ? {} : { onAnswer }),
    };
    return new ArchonClient(options, this.agent);
  }

  /** The same without `onAnswer`, whose work must not be in what is measured. */
  unwatched(): ArchonClient {
    const { url, caPem, token } = this;
    const options = { url, ...(caPem === undefined ? {} : { caPem }), ...(token === undefined ? {} : { token }) };
    return new ArchonClient(options, this.agent);
  }

  get<T = unknown>(path: string, headers?: Headers): Promise<ClientResponse<T>> {
    return this.request('GET', path, undefined, headers);
  }

  post<T = unknown>(path: string, body?: RequestBody, headers?: Headers): Promise<ClientResponse<T>> {
    return this.request('POST', path, body, headers);
  }

  put<T = unknown>(path: string, body?: RequestBody, headers?: Headers): Promise<ClientResponse<T>> {
    return this.request('PUT', path, body, headers);
  }

  /** A JSON merge patch unless the headers name another `content-type`. */
  patch<T = unknown>(path: string, body?: RequestBody, headers?: Headers): Promise<ClientResponse<T>> {
    return this.request('PATCH', path, body, { 'content-type': 'application/merge-patch+json', ...headers });
  }

  delete<T = unknown>(path: string, body?: RequestBody, headers?: Headers): Promise<ClientResponse<T>> {
    return this.request('DELETE', path, body, headers);
  }

  /** Header names are given in lower case. */
  async request<T = unknown>(method: string, path: string, body?: RequestBody, headers: Headers = {}): Promise<ClientResponse<T>> {
    const response = await this.dispatch(method, path, body, headers);
    const text = await response.body.text();
    const contentType = String(response.headers['content-type'] ?? '');
    const isJson = /^application\/([\w.-]+\+)?json\b/.test(contentType);
    const parsed = (isJson && text !== '' ? JSON.parse(text) : undefined) as T;
    this.onAnswer?.({ method, path, status: response.statusCode, contentType, body: parsed });
    return { status: response.statusCode, headers: response.headers, body: parsed, text };
  }

  /** GET of a watch or a log: the body comes as a stream, to be destroyed by the caller, or aborted by the signal. */
  async stream(path: string, { headers = {}, signal }: { headers?: Headers; signal?: AbortSignal } = {}): Promise<StreamResponse> {
    const response = await this.dispatch('GET', path, undefined, headers, signal);
    return { status: response.statusCode, headers: response.headers, body: response.body };
  }

  /** Writes `text` as it is on a connection of its own and gives all that came back by the time the server closed, or `until` fitted. */
  async raw(text: string, { until, timeoutMs }: { until?: RegExp; timeoutMs?: number } = {}): Promise<{ text: string; closed: boolean }> {
    const connection = await this.openRaw();
    try {
      connection.write(text);
      return { text: await connection.receives(until, timeoutMs), closed: connection.closed };
    } finally {
      connection.close();
    }
  }

  openRaw(): Promise<RawConnection> {
    return RawConnection.open(this.url, this.caPem);
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private dispatch(
    method: string,
    path: string,
    body: RequestBody | undefined,
    headers: Headers,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
    return this.agent.request({
      origin: this.url,
      path,
      method,
      body: isRaw ? (body ?? null) : JSON.stringify(body),
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(isRaw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
