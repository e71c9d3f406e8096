import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { finished } from 'node:stream';
import type { ApiError } from '#errors';
import type { OpenStream } from './cluster-link.gateway.js';
import { FrameRelay } from './frame-relay.js';
import { SPDY, WEB_SOCKET } from './framing.js';

/** How long the peer of an ended session may take to close its own side. */
const LINGER_MS = 5000;
const FRAMINGS: Record<string, typeof WEB_SOCKET | undefined> = { websocket: WEB_SOCKET, 'spdy/3.1': SPDY };
/** RFC 6455 §7.4.1: going away, protocol error, policy violation. */
const CLOSE_CODES = { away: 1001, protocol: 1002, policy: 1008 };

/**
 * Two connections that have changed their protocol: a relay per direction, with backpressure, and a ping to the client now and then, so that
 * a load balancer doesn't take a session that is merely silent for a dead one.
 */
export class UpgradedSession implements OpenStream {
  /** When more than a sign of life last passed, in either direction; by `performance.now()`. */
  usedMs = performance.now();
  private readonly toCluster: FrameRelay;
  private readonly toClient: FrameRelay;
  private readonly framing: typeof WEB_SOCKET | undefined;
  private readonly heartbeat: NodeJS.Timeout | undefined;
  private isEnding = false;

  constructor(
    private readonly client: Duplex,
    private readonly cluster: Socket,
    { protocol, heartbeatMs }: { protocol: string; heartbeatMs: number },
  ) {
    const framing = FRAMINGS[protocol.toLowerCase()];
    this.framing = framing;
    const onUse = () => {
      this.usedMs = performance.now();
    };
    this.toCluster = new FrameRelay(framing, onUse);
    this.toClient = new FrameRelay(framing, onUse);
    if (framing !== undefined) this.heartbeat = setInterval(() => this.toClient.inject(framing.ping), heartbeatMs).unref();
  }

  /** `fromCluster` and `fromClient` came together with the heads of the answer and of the request. */
  splice(fromCluster: Buffer, fromClient: Buffer, onClose: () => void): void {
    const { client, cluster, toClient, toCluster } = this;
    if (fromCluster.length > 0) toClient.write(fromCluster);
    if (fromClient.length > 0) toCluster.write(fromClient);
    cluster.pipe(toClient).pipe(client);
    client.pipe(toCluster).pipe(cluster);
    for (const relay of [toClient, toCluster]) relay.once('error', (error) => this.close(CLOSE_CODES.protocol, error.message));
    finished(client, () => {
      onClose();
      this.closed(client, toClient, toCluster, cluster);
    });
    finished(cluster, () => this.closed(cluster, toCluster, toClient, client));
    for (const socket of [client, cluster]) socket.on('error', () => socket.destroy());
  }

  received(): number {
    return this.cluster.bytesRead;
  }

  /** What the client sends from now on waits. */
  hold(): void {
    this.toCluster.hold();
  }

  release(): void {
    this.toCluster.release();
  }

  /** Nothing reaches the cluster any more; a WebSocket client is told why. */
  end(why: ApiError): void {
    this.close(why.code >= 500 ? CLOSE_CODES.away : CLOSE_CODES.policy, why.message);
  }

  private close(code: number, reason: string): void {
    if (this.isEnding) return;
    this.isEnding = true;
    const { client, cluster, toClient, toCluster } = this;
    clearInterval(this.heartbeat);
    client.unpipe(toCluster);
    toCluster.unpipe(cluster);
    toCluster.destroy();
    cluster.unpipe(toClient);
    cluster.destroy();
    client.resume(); // or its own end would not be noticed
    if (toClient.destroyed) client.end(this.framing?.close(code, reason));
    else toClient.finish(this.framing?.close(code, reason));
    setTimeout(() => client.destroy(), LINGER_MS).unref();
  }

  /** One side is gone. What it still sent reaches the other; then that one is closed too. */
  private closed(one: Duplex, toOne: FrameRelay, toOther: FrameRelay, other: Duplex): void {
    clearInterval(this.heartbeat);
    if (other.destroyed || this.isEnding) return;
    other.unpipe(toOne);
    toOne.destroy();
    other.resume();
    if (!one.readableEnded) {
      other.destroy();
      return;
    }
    toOther.end();
    setTimeout(() => other.destroy(), LINGER_MS).unref();
  }
}
