import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { stringify } from 'yaml';
import { CertificateAuthority, type IssuedCertificate } from '#pki';
import { type Answer, StatusError, toAnswer, toStatus, writeAnswer, writeRefusal } from './recording-api-server-answer.js';
import type { Backend } from './recording-api-server-backend.js';
import { Connections } from './recording-api-server-connections.js';
import { type Callback, Exchange } from './recording-api-server-exchange.js';
import { ForwardBackend, ForwardError, type ForwardTarget } from './recording-api-server-forward.js';
import type { FinalFault, Hook, HookOptions, RegisteredHook, RequestMatcher } from './recording-api-server-hooks.js';
import { LocalBackend } from './recording-api-server-local.js';
import { RecordedRequest } from './recording-api-server-record.js';
import type { ResourceDefinition } from './recording-api-server-resources.js';

export interface RecordingApiServerOptions {
  /** 127.0.0.1 when absent; `localhost` and this address are in the certificate. */
  host?: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** Signs the server's certificate and the clients' that it trusts; a new one when absent. */
  authority?: CertificateAuthority;
  /** `off`: never asked for; `optional`: one of the authority does instead of the token; `required`: no TLS without. `optional` when absent. */
  clientCertificates?: 'off' | 'optional' | 'required';
  /** The bearer token that is let in; a random one when absent. */
  token?: string;
  /** `gitVersion` of /version. */
  version?: string;
  /** Types to serve besides the built-in ones. */
  resources?: ResourceDefinition[];
  /** Longest request body; 3 MiB when absent, as at a kube-apiserver. */
  maxBodyBytes?: number;
  /** Hand requests on to this API server instead of keeping objects here. */
  forwardTo?: ForwardTarget;
  /** Runs before anything happens to a request; the request waits for it. */
  beforeEach?: Callback;
  /** Runs when a request has taken effect and before a byte of its answer is sent; the answer waits for it. */
  afterEach?: Callback;
}

/** Attacks send absurd headers; they must be recorded, not refused. */
const MAX_HEADER_BYTES = 1024 * 1024;
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * Stands in for a kube-apiserver in tests: speaks its API over TLS, keeps every request as it came, and misbehaves on demand. It is not a
 * Kubernetes: nothing is validated or scheduled, and server-side apply is a merge.
 */
export class RecordingApiServer {
  /** Every request so far, upgrades and refused ones included, in the order in which their headers arrived. */
  readonly requests: RecordedRequest[] = [];
  readonly connections = new Connections();
  /** The bearer tokens that are let in: `token`, until a test changes that. */
  readonly tokens: Set<string>;
  private readonly exchange: Exchange;
  /** Errors of the test's own hooks and callbacks. */
  private readonly mistakes: unknown[] = [];

  private constructor(
    private readonly server: Server,
    private readonly backend: Backend,
    readonly authority: CertificateAuthority,
    readonly token: string,
    private readonly maxBodyBytes: number,
  ) {
    this.tokens = new Set([token]);
    this.exchange = new Exchange(this.tokens);
    server.on('connection', (socket) => this.connections.add(socket));
    server.on('request', (message: IncomingMessage, response: ServerResponse) => void this.serve(message, response));
    server.on(
      'upgrade',
      (message: IncomingMessage, socket: Duplex, head: Buffer) => void this.serveUpgrade(message, socket as TLSSocket, head),
    );
  }

  static async start(options: RecordingApiServerOptions = {}): Promise<RecordingApiServer> {
    const { host = '127.0.0.1', port = 0, clientCertificates = 'optional', forwardTo, resources = [] } = options;
    const authority = options.authority ?? (await CertificateAuthority.create('recording API server'));
    const certificate = await authority.issue({ commonName: 'recording-api-server', sans: [host, 'localhost'], usages: ['server'] });
    const server = createServer({
      ...toSecureContext(certificate, authority),
      requestCert: clientCertificates !== 'off',
      rejectUnauthorized: clientCertificates === 'required',
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false,
      keepAliveTimeout: 120_000,
      headersTimeout: 0,
      requestTimeout: 0,
    });
    const backend = forwardTo === undefined ? new LocalBackend(options.version ?? 'v1.36.3') : new ForwardBackend(forwardTo);
    const token = options.token ?? randomBytes(24).toString('base64url');
    const recorder = new RecordingApiServer(server, backend, authority, token, options.maxBodyBytes ?? MAX_BODY_BYTES);
    recorder.beforeEach = options.beforeEach;
    recorder.afterEach = options.afterEach;
    for (const definition of resources) recorder.local.types.declare(definition);
    server.listen(port, host);
    await once(server, 'listening');
    return recorder;
  }

  get url(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `https://${address}:${port}`;
  }

  get caPem(): string {
    return this.authority.certPem;
  }

  /** The objects, types, watches, logs and access reviews of this server. Throws in forward mode, where the other server has them. */
  get local(): LocalBackend {
    if (this.backend instanceof LocalBackend) return this.backend;
    throw new Error('a forwarding server keeps no objects');
  }

  set beforeEach(callback: Callback | undefined) {
    this.exchange.beforeEach = callback;
  }

  set afterEach(callback: Callback | undefined) {
    this.exchange.afterEach = callback;
  }

  /** A kubeconfig with the token, as YAML. */
  kubeconfig(): string {
    const cluster = { server: this.url, 'certificate-authority-data': Buffer.from(this.caPem).toString('base64') };
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'recording', cluster }],
      users: [{ name: 'recording', user: { token: this.token } }],
      contexts: [{ name: 'recording', context: { cluster: 'recording', user: 'recording' } }],
      'current-context': 'recording',
    });
  }

  /** A hook for the requests that match; hooks run in the order in which they were added, up to the first that ends the request. */
  on(matcher: RequestMatcher, hook: Hook, options: HookOptions = {}): RegisteredHook {
    return this.exchange.hooks.add(matcher, hook, options);
  }

  /** Shows another certificate on new connections, perhaps of another authority. */
  useCertificate(certificate: IssuedCertificate): void {
    this.server.setSecureContext(toSecureContext(certificate, this.authority));
  }

  /** RST on all connections; new ones are taken. */
  closeConnections(): void {
    this.connections.resetAll();
  }

  /** RST on all connections. Throws what the test's own hooks and callbacks have thrown. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.backend.close();
    this.connections.resetAll();
    await closed;
    if (this.mistakes.length > 0) throw new AggregateError(this.mistakes, `a hook or callback threw: ${String(this.mistakes[0])}`);
  }

  private record(message: IncomingMessage): RecordedRequest {
    const request = new RecordedRequest(this.requests.length + 1, this.connections.idOf(message.socket), message);
    this.requests.push(request);
    return request;
  }

  private async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = this.record(message);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const socket = message.socket as TLSSocket;
    const send = (answer: Answer, truncateAt?: number): Promise<void> => {
      request.status = answer.status;
      return writeAnswer(response, answer, truncateAt);
    };
    const body = await readBody(message, this.maxBodyBytes);
    if (body === 'aborted') return;
    if (body === 'too large') return send(new StatusError(413, 'RequestEntityTooLarge', `limit is ${this.maxBodyBytes}`).toAnswer());
    request.body = body;
    await this.guarded(socket, send, async () => {
      const outcome = await this.exchange.run(request, () => this.backend.answer(request, gone.signal));
      if ('fault' in outcome) await this.inflict(outcome.fault, socket, send);
      else await send(outcome.result, outcome.truncateAt);
    });
  }

  private async serveUpgrade(message: IncomingMessage, socket: TLSSocket, head: Buffer): Promise<void> {
    const request = this.record(message);
    const gone = new AbortController();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => gone.abort());
    const refuse = async (answer: Answer): Promise<void> => {
      request.status = answer.status;
      await writeRefusal(socket, answer);
      if (head.length > 0) socket.unshift(head);
      // What follows on the connection is HTTP again.
      this.server.emit('secureConnection', socket);
    };
    await this.guarded(socket, refuse, async () => {
      const outcome = await this.exchange.run(request, () => this.backend.upgrade(request, message, gone.signal));
      if ('fault' in outcome) return this.inflict(outcome.fault, socket, refuse);
      const { result, truncateAt } = outcome;
      if (truncateAt !== undefined) return this.connections.reset(socket);
      if (!('accept' in result)) return refuse(result);
      request.status = 101;
      result.accept(socket, head);
    });
  }

  /** A lost connection to the server behind becomes a lost connection here; a mistake of the test becomes a 500 and is told by `close`. */
  private async guarded(socket: TLSSocket, send: (answer: Answer) => Promise<void>, exchange: () => Promise<void>): Promise<void> {
    try {
      await exchange();
    } catch (error) {
      if (error instanceof ForwardError) return this.connections.reset(socket);
      this.mistakes.push(error);
      await send(toAnswer(500, toStatus(500, 'InternalError', String(error))));
    }
  }

  private async inflict(fault: FinalFault, socket: TLSSocket, send: (answer: Answer) => Promise<void>): Promise<void> {
    switch (fault.action) {
      case 'answer':
        return send(toAnswer(fault.status, fault.body, fault.headers));
      case 'redirect':
        return send(toAnswer(fault.status ?? 302, '', { Location: fault.location }));
      case 'garbage':
        socket.end(fault.bytes);
        return;
      case 'reset':
        return this.connections.reset(socket);
      case 'takeOver':
        return fault.run(socket);
      case 'hang':
        // Read on, so that the client's own closing is noticed.
        socket.resume();
    }
  }
}

/** A body that is too large is still read to its end, or a client that writes it all first would never see the answer. */
function readBody(message: IncomingMessage, limit: number): Promise<Buffer | 'too large' | 'aborted'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else resolve('too large');
    });
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', () => resolve('aborted'));
    message.on('close', () => resolve('aborted'));
  });
}

function toSecureContext(
  { certPem, keyPem }: IssuedCertificate,
  authority: CertificateAuthority,
): { cert: string; key: string; ca: string } {
  return { cert: certPem, key: keyPem, ca: authority.certPem };
}
