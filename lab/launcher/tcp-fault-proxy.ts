import { randomInt } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Conditions, type Direction, FaultLink, type Flow, resetSocket } from './tcp-fault-link.js';

export interface TcpFaultProxyOptions {
  upstreamHost: string;
  upstreamPort: number;
  /** Address to listen on; 127.0.0.1 when absent. */
  host?: string;
  /** 0 or absent: any free port. */
  port?: number;
  /** Decides jitter and dropped connections; drawn at random when absent. Print it with a failure to see the same schedule again. */
  seed?: number;
}

export interface TcpFaultCounters {
  /** Every connection that a client made, the refused and dropped ones included. */
  accepted: number;
  refused: number;
  dropped: number;
  /** Connections that a client still holds. */
  open: number;
  /** Bytes handed on to the server and to the clients; what a black hole swallowed isn't counted. */
  upstreamBytes: number;
  downstreamBytes: number;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

const UINT32 = 2 ** 32;
const DIRECTIONS = ['upstream', 'downstream'] as const;

/**
 * A TCP proxy that does to connections what networks do. Faults ("toxics") are set and changed while it runs, act on live and on new
 * connections unless they say otherwise, add up, and last until `heal()`. Without one it passes bytes on at once and keeps backpressure.
 */
export class TcpFaultProxy {
  private readonly conditions: Mutable<Conditions>;
  private refusing = false;
  private dropProbability = 0;
  private cuts: { direction: Direction; bytes: number }[] = [];
  private readonly links = new Set<FaultLink>();
  /** Accepted into a black hole: the server never hears of them. */
  private readonly swallowed = new Set<Socket>();
  private readonly counts = { accepted: 0, refused: 0, dropped: 0, upstreamBytes: 0, downstreamBytes: 0 };
  private readonly nextDrop: () => number;

  private constructor(
    private readonly upstreamHost: string,
    private readonly upstreamPort: number,
    private readonly server: Server,
    readonly seed: number,
  ) {
    this.nextDrop = seededSeries(seed);
    this.conditions = {
      flows: healthyFlows(),
      blackHole: false,
      stallTls: false,
      jitter: seededSeries(seed ^ 0x5bd1e995),
      passed: (direction, bytes) => {
        this.counts[`${direction}Bytes`] += bytes;
      },
    };
    server.on('connection', (client) => this.accept(client));
  }

  /** Starts to listen. Rejects with the system's error when the address is taken; the server behind it needn't run yet. */
  static async listen(options: TcpFaultProxyOptions): Promise<TcpFaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpFaultProxy(options.upstreamHost, options.upstreamPort, server, options.seed ?? randomInt(UINT32));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
    });
    return proxy;
  }

  get host(): string {
    return this.address().address;
  }

  get port(): number {
    return this.address().port;
  }

  get counters(): TcpFaultCounters {
    return { ...this.counts, open: this.links.size + this.swallowed.size };
  }

  /** Delays every byte by `ms`, give or take a seeded share of `jitterMs`; order is kept. */
  latency(ms: number, jitterMs = 0, direction?: Direction): void {
    this.changeFlow({ latencyMs: ms, jitterMs }, direction);
  }

  /** Limits each connection. 0 holds everything back until the limit is changed or healed; nothing is lost then. */
  bandwidth(bytesPerSecond: number, direction?: Direction): void {
    this.changeFlow({ bytesPerSecond }, direction);
  }

  /** Writes at most `bytes` at once, `delayMs` apart. */
  slice(bytes: number, delayMs: number, direction?: Direction): void {
    this.changeFlow({ sliceBytes: bytes, sliceDelayMs: delayMs }, direction);
  }

  /** Accepts and swallows: nothing passes, closings neither. When healed, connections that lost anything are reset. */
  blackHole(): void {
    this.conditions.blackHole = true;
  }

  /** New connections get an RST at once; live ones go on. */
  refuse(): void {
    this.refusing = true;
  }

  /** RST on all live connections, once. */
  reset(): void {
    for (const link of this.links) link.reset();
    for (const client of this.swallowed) resetSocket(client);
  }

  /** The server's side of all live connections is reset while clients keep a silent open connection; new ones work. Healing resets them. */
  halfOpen(): void {
    for (const link of this.links) link.loseServer();
  }

  /** New connections pass the client's first TLS record and then stand still in both directions; healing lets them go on. */
  stallTls(): void {
    this.conditions.stallTls = true;
  }

  /** Each live and each new connection is closed with a FIN as soon as `bytes` more have passed in that direction. */
  cutAfter(bytes: number, direction: Direction = 'downstream'): void {
    this.cuts = [...this.cuts.filter((cut) => cut.direction !== direction), { direction, bytes }];
    for (const link of this.links) link.cutAfter(direction, bytes);
  }

  /** Resets new connections with this probability, from 0 to 1. The seed and the number of the connection alone decide which. */
  dropConnections(probability: number): void {
    this.dropProbability = probability;
  }

  /** Ends every toxic. Held bytes go on their way; connections that lost bytes, or their server, are reset. */
  heal(): void {
    this.conditions.flows = healthyFlows();
    this.conditions.blackHole = false;
    this.refusing = false;
    this.conditions.stallTls = false;
    this.dropProbability = 0;
    this.cuts = [];
    for (const client of this.swallowed) resetSocket(client);
    for (const link of this.links) {
      link.healServer();
      for (const direction of DIRECTIONS) link.cutAfter(direction, Infinity);
      link.changed();
    }
  }

  /** Resets what is open and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.reset();
    await closed;
  }

  private accept(client: Socket): void {
    this.counts.accepted++;
    const dropped = this.nextDrop() < this.dropProbability;
    if (this.refusing) this.turnAway(client, 'refused');
    else if (dropped) this.turnAway(client, 'dropped');
    else if (this.conditions.blackHole) this.swallow(client);
    else this.link(client);
  }

  private turnAway(client: Socket, outcome: 'refused' | 'dropped'): void {
    this.counts[outcome]++;
    resetSocket(client);
  }

  private swallow(client: Socket): void {
    this.swallowed.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => this.swallowed.delete(client));
    client.resume();
  }

  private link(client: Socket): void {
    const server = connect({ host: this.upstreamHost, port: this.upstreamPort, allowHalfOpen: true });
    const link: FaultLink = new FaultLink(client, server, this.conditions, () => this.links.delete(link));
    for (const { direction, bytes } of this.cuts) link.cutAfter(direction, bytes);
    this.links.add(link);
  }

  private changeFlow(change: Partial<Flow>, direction?: Direction): void {
    for (const each of direction === undefined ? DIRECTIONS : [direction]) Object.assign(this.conditions.flows[each], change);
    for (const link of this.links) link.changed();
  }

  private address(): AddressInfo {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the fault proxy is closed');
    return address;
  }
}

function healthyFlows(): Record<Direction, Flow> {
  const healthy: Flow = { latencyMs: 0, jitterMs: 0, bytesPerSecond: Infinity, sliceBytes: Infinity, sliceDelayMs: 0 };
  return { upstream: { ...healthy }, downstream: { ...healthy } };
}

/** Mulberry32: the same numbers from 0 (inclusive) to 1 (exclusive) for the same seed, on every machine. */
function seededSeries(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32;
  };
}
