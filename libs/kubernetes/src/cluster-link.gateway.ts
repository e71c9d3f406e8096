import { buildConnector, Pool } from 'undici';
import { ApiError } from '#errors';
import { CircuitBreaker, type Trouble } from './circuit-breaker.js';
import type { AddressPolicy } from './checked-lookup.gateway.js';
import type { ClusterConnection } from './cluster-connection.js';
import { askAnew, askCluster, type ProbeResult } from './cluster-probe.gateway.js';
import { failureKind, failureReason } from './connection-failure.js';
import { UpstreamPool } from './http/upstream-pool.gateway.js';
import { RetryBudget } from './retry-budget.js';

export interface ConnectionLimits {
  connectTimeoutMs: number;
  responseTimeoutMs: number;
}

/** Archon's own calls, requests passed on for callers, and what may go on for as long as somebody listens. */
export type PassageKind = 'requests' | 'forwarded' | 'streams';

/** An open stream that may be the last to notice that its cluster is gone. */
export interface OpenStream {
  /** Grows with everything that comes from the cluster; 0 before its answer begins. */
  received(): number;
  /** Ends the stream; its client is told why. */
  end(why: ApiError): void;
}

/** What is known of a cluster from the path that requests use. Times are of the clock that the link was given. */
export interface LinkStatus {
  /** Undefined until the cluster has answered, or has been found not to. */
  state: 'Ready' | 'Unreachable' | 'Unauthorized' | undefined;
  reason: string;
  since: number;
  lastSeen: number | undefined;
  version: string | undefined;
  phase: CircuitBreaker['phase'];
  inFlight: Record<PassageKind, number>;
  rejected: { open: number; full: number };
}

/** Connections of each pool of plain requests: a slow cluster queues its own callers, nobody else's. */
const MAX_REQUESTS = 64;
/** Plain requests that may wait for one of these connections. */
const MAX_WAITING = 128;
const MAX_STREAMS = 5000;
/** kube-apiserver ends a plain request after 60 s itself; a proxied one gets that time and a little. */
const FORWARD_TIMEOUT_SECONDS = 65;
const RETRY_SECONDS = { open: 5, full: 1 };
const PROBE_TIMEOUT_MS = { fresh: 3000, kept: 2000 };
/** A stream that was silent for so long after the breaker opened is on a dead connection. */
const DARK_MS = 5000;
/** RFC 1122 §4.2.3.6 keep-alives, sooner than the two hours of most systems: the connection of a silent stream proves dead within 20 s. */
const TCP_KEEP_ALIVE = { enable: true, initialDelay: 10_000, interval: 3000, count: 3 };

/**
 * All that Archon holds of one cluster and one generation of its credential: connections, breaker, bulkhead. Long streams have a pool of
 * their own: each holds a whole connection and would starve the requests.
 */
export class ClusterLink {
  readonly breaker: CircuitBreaker;
  readonly retries = new RetryBudget();
  /** Archon's own calls, and its watches. */
  requests: Pool;
  streams: Pool;
  /** What is passed on for callers. */
  forwarded: UpstreamPool;
  forwardedStreams: UpstreamPool;
  /** To be known even when nobody uses it. */
  isWatched = false;
  /** When a connection was last lost that was in use or could have been, or there was none yet: whoever answers afterwards may be another one. */
  lostAt = performance.now();
  private readonly inFlight: Record<PassageKind, number> = { requests: 0, forwarded: 0, streams: 0 };
  private readonly rejected = { open: 0, full: 0 };
  private readonly openStreams = new Set<OpenStream>();
  private dark: { at: number; streams: Map<OpenStream, number> } | undefined;
  private waiting = 0;
  private usedAt: number;
  private version: string | undefined;
  private visible: Pick<LinkStatus, 'state' | 'reason' | 'since'>;
  private probing: Promise<void> | undefined;

  constructor(
    readonly connection: ClusterConnection,
    private readonly limits: ConnectionLimits,
    private readonly addresses: AddressPolicy,
    private readonly clock: { now: number },
  ) {
    this.breaker = new CircuitBreaker(clock.now, Math.random);
    this.visible = { state: undefined, reason: 'it has not been asked yet', since: clock.now };
    this.usedAt = clock.now;
    this.requests = this.plainPool(limits.responseTimeoutMs);
    this.streams = this.streamPool();
    this.forwarded = this.forwardingPool();
    this.forwardedStreams = this.forwardingStreamPool();
  }

  /**
   * Admits a request or throws: 503 while the cluster is down, 429 when too many are under way already. Both say when to try again. What
   * becomes of the request must be told to the passage.
   */
  enter(kind: PassageKind): Passage {
    if (this.breaker.phase !== 'closed') {
      this.rejected.open++;
      throw this.refusal();
    }
    if (this.inFlight[kind] >= this.limit(kind)) throw this.overload(kind);
    this.inFlight[kind]++;
    this.waiting++;
    this.breaker.began(this.clock.now);
    return new Passage(this, kind);
  }

  /** Has a stream ended when its cluster goes dark; the result takes it off again. */
  register(stream: OpenStream): () => void {
    this.openStreams.add(stream);
    return () => {
      this.openStreams.delete(stream);
      this.dark?.streams.delete(stream);
    };
  }

  /** For `Passage` only. */
  onAnswer(code: number): void {
    this.waiting--;
    this.breaker.answered(this.clock.now, code, this.waiting);
    if (this.visible.state === undefined && code < 500) this.show('Ready', 'the API server answers');
  }

  /** For `Passage` only. */
  onEnd(kind: PassageKind, wasAnswered: boolean, error: unknown): void {
    this.inFlight[kind]--;
    this.usedAt = this.clock.now;
    if (!wasAnswered) this.waiting--;
    const happened = error === undefined ? 'nothing' : failureKind(error);
    if (happened !== 'nothing') {
      this.lostAt = performance.now();
      const before = this.breaker.phase;
      this.breaker.failed(this.clock.now, happened === 'broken', failureReason(error));
      if (before === 'closed' && this.breaker.phase === 'open') this.opened();
    } else if (!wasAnswered) this.breaker.abandoned(this.waiting);
  }

  /** For how long it has carried nothing. */
  get unusedMs(): number {
    const isUsed = Object.values(this.inFlight).some((count) => count > 0);
    return isUsed ? 0 : this.clock.now - this.usedAt;
  }

  get status(): LinkStatus {
    const { phase, heardAt } = this.breaker;
    return {
      ...this.visible,
      lastSeen: heardAt,
      version: this.version,
      phase,
      inFlight: { ...this.inFlight },
      rejected: { ...this.rejected },
    };
  }

  /** The probe that is under way, or a new one: what is known is fresh when it ends, after 5 s at most. */
  ask(): Promise<void> {
    if (this.breaker.phase !== 'closed') return Promise.resolve();
    return this.probing ?? this.probe({ probe: 'reach', fresh: false });
  }

  /** Called a few times a second. Sends the probe that is due, if it may open a connection or needs none; true when it opens one. */
  tick(mayConnect: boolean): boolean {
    this.endDarkStreams();
    if (this.probing !== undefined) return false;
    const due = this.breaker.probeDue(this.clock.now, this.waiting, this.isWatched);
    if (due === undefined) return false;
    const connects = due.fresh || this.breaker.phase === 'open' || this.breaker.heardAt === undefined;
    if (!connects || mayConnect) void this.probe(due);
    return connects && mayConnect;
  }

  /** New requests use connections of another link; those under way end as they began. */
  async close(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.close()));
  }

  async destroy(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }

  private probe(due: { probe: 'reach' | 'readiness'; fresh: boolean }): Promise<void> {
    this.breaker.probing(this.clock.now);
    const asking = due.fresh
      ? askAnew(this.connection, due.probe, this.poolOptions(PROBE_TIMEOUT_MS.fresh), PROBE_TIMEOUT_MS.fresh)
      : askCluster(this.connection, due.probe, this.requests, PROBE_TIMEOUT_MS[this.breaker.phase === 'closed' ? 'kept' : 'fresh']);
    const probing = asking.then((result) => {
      this.probing = undefined;
      this.learn(result, due);
    });
    this.probing = probing;
    return probing;
  }

  private learn(result: ProbeResult, due: { probe: 'reach' | 'readiness'; fresh: boolean }): void {
    const before = this.breaker.phase;
    this.breaker.probed(this.clock.now, result.trouble, due, this.waiting);
    this.version = result.version ?? this.version;
    if (before === 'closed' && this.breaker.phase === 'open') this.opened();
    if (this.breaker.phase !== 'closed') this.show('Unreachable', this.breaker.trouble?.reason ?? '');
    else if (result.trouble === undefined) {
      this.dark = undefined;
      const refused = result.code === 401 || result.code === 403;
      if (refused) this.show('Unauthorized', `the API server refuses Archon's credential (${result.code})`);
      else if (due.probe === 'reach' || this.visible.state !== 'Unauthorized') this.show('Ready', 'the API server answers');
    }
  }

  /** Nothing waits any longer on connections that lead nowhere: who was waiting hears why at once. */
  private opened(): void {
    const { trouble } = this.breaker;
    this.show('Unreachable', trouble?.reason ?? '');
    if (trouble?.kind !== 'unreachable') return; // it does answer: let it
    const [requests, streams, forwarded, forwardedStreams] = this.pools;
    this.requests = this.plainPool(this.limits.responseTimeoutMs);
    this.streams = this.streamPool();
    this.forwarded = this.forwardingPool();
    this.forwardedStreams = this.forwardingStreamPool();
    const why = this.refusal();
    void Promise.all([requests.destroy(why), forwarded.destroy(why), streams.close(), forwardedStreams.close()]);
    this.dark = { at: this.clock.now, streams: new Map([...this.openStreams].map((stream) => [stream, stream.received()])) };
    for (const [stream, received] of this.dark.streams) if (received === 0) stream.end(why);
  }

  /** A stream from which nothing came since the breaker opened is on a dead connection; one that goes on may go on. */
  private endDarkStreams(): void {
    if (this.dark === undefined || this.breaker.phase === 'closed' || this.clock.now - this.dark.at < DARK_MS) return;
    const { streams } = this.dark;
    this.dark = undefined;
    const why = this.refusal();
    for (const [stream, received] of streams) if (stream.received() === received) stream.end(why);
  }

  private show(state: LinkStatus['state'], reason: string): void {
    this.visible = { state, reason, since: this.visible.state === state ? this.visible.since : this.clock.now };
  }

  private limit(kind: PassageKind): number {
    return this.breaker.limit(this.clock.now, kind === 'streams' ? MAX_STREAMS : MAX_REQUESTS + MAX_WAITING);
  }

  private refusal(): ApiError {
    const { name } = this.connection;
    const since = new Date(performance.timeOrigin + this.breaker.since).toISOString();
    const { reason } = this.breaker.trouble as Trouble;
    return new ApiError('ServiceUnavailable', `cluster "${name}" is unavailable since ${since}: ${reason}`, {
      cluster: name,
      kind: 'clusters',
      name,
      since,
      retryAfterSeconds: RETRY_SECONDS.open,
    });
  }

  private overload(kind: PassageKind): ApiError {
    const { name } = this.connection;
    this.rejected.full++;
    return new ApiError(
      'TooManyRequests',
      `${this.inFlight[kind]} ${kind === 'streams' ? 'streams of' : 'requests to'} cluster "${name}" are under way here, which is as many as it gets: try again`,
      { cluster: name, kind: 'clusters', name, retryAfterSeconds: RETRY_SECONDS.full },
    );
  }

  private plainPool(answerMs: number): Pool {
    const options = { ...this.poolOptions(this.limits.connectTimeoutMs), headersTimeout: answerMs, bodyTimeout: answerMs };
    return new Pool(this.origin, { ...options, connections: MAX_REQUESTS });
  }

  /** The log of a silent container and a quiet watch send nothing for as long as they like. */
  private streamPool(): Pool {
    const options = { ...this.poolOptions(this.limits.connectTimeoutMs), headersTimeout: 0, bodyTimeout: 0 };
    return new Pool(this.origin, { ...options, connections: null });
  }

  private forwardingPool(): UpstreamPool {
    return new UpstreamPool({ ...this.forwardingOptions, connections: MAX_REQUESTS, quietSeconds: FORWARD_TIMEOUT_SECONDS });
  }

  private forwardingStreamPool(): UpstreamPool {
    const unlimited = Number.POSITIVE_INFINITY;
    return new UpstreamPool({ ...this.forwardingOptions, connections: unlimited, quietSeconds: unlimited });
  }

  private get forwardingOptions() {
    const { connection, addresses, limits } = this;
    const { connectTimeoutMs } = limits;
    const onLost = () => {
      this.lostAt = performance.now();
    };
    return { endpoint: connection.endpoint, tls: tlsOptions(connection), addresses, connectTimeoutMs, keepAlive: TCP_KEEP_ALIVE, onLost };
  }

  private get pools() {
    return [this.requests, this.streams, this.forwarded, this.forwardedStreams] as const;
  }

  private get origin(): string {
    return new URL(this.connection.endpoint).origin;
  }

  private poolOptions(connectTimeoutMs: number) {
    // undici would speak HTTP/2 with every kube-apiserver: more CPU per request, and one lost packet stalls all of them.
    return { allowH2: false, pipelining: 1, keepAliveTimeout: 60_000, connect: this.connector(connectTimeoutMs) };
  }

  /** A connector of its own per pool: with it go the TLS sessions, which another credential must not resume. */
  private connector(timeout: number): buildConnector.connector {
    const connect = buildConnector({ ...tlsOptions(this.connection), lookup: this.addresses.lookup, timeout, allowH2: false });
    return (options, done) => {
      const refusal = this.addresses.refusalOf(options.hostname);
      if (refusal !== undefined) return done(refusal, null);
      connect(options, (...result) => {
        result[1]?.setKeepAlive(TCP_KEEP_ALIVE);
        done(...result);
      });
    };
  }
}

/** One admitted request. Exactly its end frees its place, however often that is told. */
export class Passage {
  private stage: 'waiting' | 'answered' | 'ended' = 'waiting';

  constructor(
    private readonly link: ClusterLink,
    private readonly kind: PassageKind,
  ) {}

  /** The head of an answer arrived. */
  answered(code: number): void {
    if (this.stage !== 'waiting') return;
    this.stage = 'answered';
    this.link.onAnswer(code);
  }

  /** The answer is complete, or `error` is why it is not. */
  ended(error?: unknown): void {
    if (this.stage === 'ended') return;
    const wasAnswered = this.stage === 'answered';
    this.stage = 'ended';
    this.link.onEnd(this.kind, wasAnswered, error);
  }
}

/** The TLS side of a connection: its own CA, and the client certificate when that is the credential. */
export function tlsOptions({ certificateAuthority, credential }: ClusterConnection): { ca?: string; cert?: string; key?: string } {
  return {
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
    ...('clientKey' in credential ? { cert: credential.clientCertificate, key: credential.clientKey } : {}),
  };
}
