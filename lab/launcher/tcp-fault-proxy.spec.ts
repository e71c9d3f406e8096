import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { EchoServer, TcpPeer } from '../../test/support/tcp-peers.js';
import { eventually } from '../../test/support/wait-for.js';
import { TcpFaultProxy } from './tcp-fault-proxy.js';

describe('TcpFaultProxy', () => {
  let server: EchoServer;
  let proxy: TcpFaultProxy;
  let clients: TcpPeer[];

  beforeEach(async () => {
    clients = [];
    server = await EchoServer.start();
    proxy = await TcpFaultProxy.listen({ upstreamHost: '127.0.0.1', upstreamPort: server.port });
    const { seed } = proxy;
    onTestFailed(() => console.error(`fault proxy seed ${seed}`));
  });

  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await proxy.close();
    await server.close();
  });

  function open(): TcpPeer {
    const client = new TcpPeer(connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true }));
    clients.push(client);
    return client;
  }

  async function dial(): Promise<TcpPeer> {
    const client = open();
    await once(client.socket, 'connect');
    return client;
  }

  async function dialThrough(): Promise<TcpPeer> {
    const client = await dial();
    await client.send('hello');
    await client.receives('hello');
    client.chunks.length = 0;
    return client;
  }

  function resetArrives(client: TcpPeer): Promise<true> {
    return eventually(() => client.closed && client.errorCode === 'ECONNRESET', { what: 'the RST' });
  }

  /** Long enough for a healthy loopback exchange to have happened many times over. */
  async function silence(client: TcpPeer): Promise<void> {
    const healthy = connect({ host: '127.0.0.1', port: server.port });
    const other = new TcpPeer(healthy);
    for (let round = 1; round <= 20; round++) {
      healthy.write('x');
      await eventually(() => other.received.length === round, { what: 'the direct exchange', intervalMs: 1 });
    }
    healthy.destroy();
    expect([client.received.toString(), client.ended, client.closed]).toEqual(['', false, false]);
  }

  it('passes bytes on unchanged, keeps half-closed connections and counts both ways', async () => {
    const client = await dial();
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'archon');
    client.socket.end(bytes);
    await eventually(() => client.ended, { what: 'the end of the echo' });
    expect(client.received.equals(bytes)).toBe(true);
    await eventually(() => proxy.counters.open === 0, { what: 'the link to close' });
    expect(proxy.counters).toEqual({
      accepted: 1,
      refused: 0,
      dropped: 0,
      open: 0,
      upstreamBytes: bytes.length,
      downstreamBytes: bytes.length,
    });
  });

  it('resets the client when nothing listens behind it', async () => {
    const port = server.port;
    await server.close();
    const lonely = await TcpFaultProxy.listen({ upstreamHost: '127.0.0.1', upstreamPort: port });
    const client = new TcpPeer(connect(lonely.port, lonely.host));
    await resetArrives(client);
    await lonely.close();
    server = await EchoServer.start();
  });

  it('passes an RST of the server on to the client', async () => {
    const client = await dialThrough();
    server.peers[0]?.socket.resetAndDestroy();
    await resetArrives(client);
  });

  it('delays each direction by its latency, in order, and stops delaying when healed', async () => {
    const client = await dialThrough();
    proxy.latency(60, 20, 'upstream');
    proxy.latency(60, 20, 'downstream');
    const startedAt = performance.now();
    for (const letter of 'abcdefghijklmnopqrst') await client.send(letter);
    await client.receives('abcdefghijklmnopqrst');
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeGreaterThanOrEqual(80);
    expect(elapsedMs).toBeLessThan(1000);
    proxy.latency(60_000);
    await client.send('!');
    proxy.heal();
    await client.receives('abcdefghijklmnopqrst!');
  });

  it('limits the bandwidth of one direction only', async () => {
    const client = await dialThrough();
    proxy.bandwidth(100_000, 'downstream');
    const startedAt = performance.now();
    await client.send(Buffer.alloc(30_000, 'x'));
    await eventually(() => server.peers[0]?.received.length === 30_005, { what: 'the unlimited direction' });
    expect(client.received.length).toBeLessThan(30_000);
    await eventually(() => client.received.length === 30_000, { what: 'the limited direction' });
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeGreaterThanOrEqual(240);
    expect(elapsedMs).toBeLessThan(1500);
  });

  it('holds everything at 0 bytes per second and holds the sender back; nothing is lost', async () => {
    const client = await dialThrough();
    proxy.bandwidth(0, 'upstream');
    const total = 64 * 1024 * 1024;
    let written = false;
    client.socket.write(Buffer.alloc(total, 'y'), () => {
      written = true;
    });
    await eventually(() => client.socket.bytesWritten > 0 && client.socket.writableNeedDrain, { what: 'backpressure' });
    await silence(client);
    expect([written, server.peers[0]?.received.length]).toEqual([false, 5]);
    server.peers[0]?.socket.removeAllListeners('data');
    let arrived = 0;
    server.peers[0]?.socket.on('data', (bytes: Buffer) => {
      arrived += bytes.length;
    });
    proxy.heal();
    await eventually(() => arrived === total && written, { what: 'all bytes' });
  });

  it('keeps the backpressure of a client that does not read', async () => {
    const client = await dialThrough();
    client.socket.pause();
    const before = proxy.counters.downstreamBytes;
    const total = 64 * 1024 * 1024;
    server.peers[0]?.socket.write(Buffer.alloc(total));
    let last = -1;
    await eventually(
      () => {
        const moved = proxy.counters.downstreamBytes;
        const stands = moved > before && moved === last;
        last = moved;
        return stands;
      },
      { what: 'the flow to stand still', intervalMs: 150 },
    );
    expect(proxy.counters.downstreamBytes - before).toBeLessThan(total / 2);
    client.socket.resume();
    await eventually(() => proxy.counters.downstreamBytes - before === total, { what: 'the rest' });
  });

  it('swallows in a black hole, stays silent even when the server goes, and resets what was damaged when healed', async () => {
    const quiet = await dialThrough();
    const busy = await dialThrough();
    proxy.blackHole();
    await busy.send('lost');
    const fresh = await dial();
    await fresh.send('lost too');
    server.peers[1]?.socket.destroy();
    await silence(busy);
    await silence(fresh);
    expect(server.peers.filter(({ received }) => received.includes('lost'))).toEqual([]);
    expect(proxy.counters.open).toBe(3);
    proxy.heal();
    await resetArrives(busy);
    await resetArrives(fresh);
    await quiet.send('still here');
    await quiet.receives('still here');
    await dialThrough();
  });

  it('refuses new connections with an RST and leaves live ones alone', async () => {
    const live = await dialThrough();
    proxy.refuse();
    await resetArrives(open());
    await live.send('alive');
    await live.receives('alive');
    expect([proxy.counters.refused, server.peers.length]).toEqual([1, 1]);
    proxy.heal();
    await dialThrough();
  });

  it('resets live connections on both sides, even one that does not read', async () => {
    const client = await dialThrough();
    const deaf = await dialThrough();
    deaf.socket.pause();
    server.peers[1]?.socket.write(Buffer.alloc(32 * 1024 * 1024));
    await eventually(() => proxy.counters.downstreamBytes > 64 * 1024, { what: 'the deaf client to be full' });
    proxy.reset();
    await resetArrives(client);
    await eventually(() => server.peers.every(({ errorCode }) => errorCode === 'ECONNRESET' || errorCode === 'EPIPE'), {
      what: 'RSTs at the server',
    });
    await eventually(() => proxy.counters.open === 0, { what: 'no open link' });
    await dialThrough();
  });

  it('keeps the client of a half-open connection waiting while the server has gone', async () => {
    const client = await dialThrough();
    proxy.halfOpen();
    await eventually(() => server.peers[0]?.closed, { what: 'the server to lose the connection' });
    await client.send('anybody?');
    await silence(client);
    await dialThrough();
    proxy.heal();
    await resetArrives(client);
  });

  it('passes nothing after the ClientHello while TLS is stalled', async () => {
    const live = await dialThrough();
    proxy.stallTls();
    const client = await dial();
    const hello = Buffer.concat([Buffer.from([22, 3, 1, 0, 6]), Buffer.from('hello!')]);
    await client.send(hello.subarray(0, 3));
    await client.send(Buffer.concat([hello.subarray(3), Buffer.from('more')]));
    await eventually(() => server.peers[1]?.received.equals(hello), { what: 'the ClientHello' });
    await silence(client);
    await live.send('alive');
    await live.receives('alive');
    expect(server.peers[1]?.received.equals(hello)).toBe(true);
    proxy.heal();
    await eventually(() => client.received.equals(Buffer.concat([hello, Buffer.from('more')])), { what: 'the held bytes' });
  });

  it('lets a client give up a stalled handshake', async () => {
    proxy.stallTls();
    const client = await dial();
    await client.send(Buffer.from([22, 3, 1, 0, 1, 7]));
    await eventually(() => server.peers[0]?.received.length === 6, { what: 'the ClientHello' });
    client.socket.destroy();
    await eventually(() => server.peers[0]?.closed && proxy.counters.open === 0, { what: 'both sides to close' });
  });

  it('writes slices of the given size, the given time apart', async () => {
    const client = await dialThrough();
    proxy.slice(10, 15, 'downstream');
    client.chunks.length = 0;
    await client.send('0123456789'.repeat(6));
    await client.receives('0123456789'.repeat(6));
    expect(Math.max(...client.chunks.map(({ bytes }) => bytes.length))).toBeLessThan(60);
    const first = client.chunks[0]?.at ?? 0;
    expect((client.chunks.at(-1)?.at ?? 0) - first).toBeGreaterThanOrEqual(5 * 15 - 10);
  });

  it('cuts after exactly the given number of bytes, live and new connections alike', async () => {
    const live = await dialThrough();
    proxy.cutAfter(7);
    const fresh = await dial();
    for (const client of [live, fresh]) {
      await client.send('0123456789');
      await eventually(() => client.ended, { what: 'the FIN' });
      expect(client.received.toString()).toBe('0123456');
    }
    proxy.heal();
    proxy.cutAfter(3, 'upstream');
    const client = await dial();
    await client.send('0123456789');
    await eventually(() => server.peers[2]?.ended, { what: 'the FIN at the server' });
    expect(server.peers[2]?.received.toString()).toBe('012');
  });

  it('drops the same connections for the same seed', async () => {
    const schedule = async (seed: number): Promise<string> => {
      const seeded = await TcpFaultProxy.listen({ upstreamHost: '127.0.0.1', upstreamPort: server.port, seed });
      seeded.dropConnections(0.5);
      let outcomes = '';
      for (let connection = 0; connection < 24; connection++) {
        const client = new TcpPeer(connect(seeded.port, seeded.host));
        client.socket.write('x');
        await eventually(() => client.closed || client.received.length > 0, { what: 'an outcome', intervalMs: 1 });
        outcomes += client.closed ? '-' : '+';
        client.socket.destroy();
      }
      expect(seeded.counters.dropped).toBe(outcomes.replaceAll('+', '').length);
      await seeded.close();
      return outcomes;
    };
    const first = await schedule(42);
    expect(first).toContain('+');
    expect(first).toContain('-');
    expect(await schedule(42)).toBe(first);
    expect(await schedule(43)).not.toBe(first);
  });
});
