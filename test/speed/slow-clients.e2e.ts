import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { percentile } from '../../bench/statistics.js';
import { eventually } from '../support/wait-for.js';

const CONNECTIONS = volume({ ci: 2000, nightly: 2000 });
// Of the catalogue's five minutes at night one: the slow are cut off after half a minute at the latest.
const SECONDS = volume({ ci: 10, nightly: 60 });
/** Above the p99 without an attack: 20 %, or what one core that is busy with something else may cost. */
const SHARE = 1.2;
const NOISE_MS = 10;
/** The flood comes from this machine: its sender takes a core from those who measure. */
const FLOOD_NOISE_MS = 30;

let archon: Archon;
let port: number;
/** Of another user: each has a number of requests of their own. */
let other: string;
beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_TLS: 'off' } });
  other = await archon.tokenOf('slow@example.org');
  port = Number(new URL(archon.client.url).port);
});
afterAll(() => archon?.dispose());

/** p99 of somebody who asks 50 times a second over a kept connection. */
async function healthyP99(seconds: number): Promise<number> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const begin = performance.now();
    expect((await archon.client.get('/auth/v1/accesstoken')).status).toBe(200);
    times.push(performance.now() - begin);
    await sleep(20);
  }
  return percentile(times, 0.99);
}

async function open(count: number, first: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => socket.destroy());
    sockets.push(socket);
    await once(socket, 'connect').catch(() => undefined);
    socket.write(first);
  }
  return sockets;
}

const MODES: Record<string, { first: () => string; more: string; reads: boolean }> = {
  'slow headers': { first: () => 'GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: ', more: 'a', reads: true },
  'slow bodies': {
    first: () =>
      `POST /auth/v1/accesstoken HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${other}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`,
    more: ' ',
    reads: true,
  },
  'slow readers': { first: () => 'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20), more: '', reads: false },
};

describe.each(Object.entries(MODES))('S-15 T81: %s', (mode, { first, more, reads }) => {
  it(`${CONNECTIONS} of them do not slow others down, and lose their connections`, { timeout: (SECONDS + 120) * 1000 }, async () => {
    const before = await healthyP99(5);
    const sockets = await open(CONNECTIONS, first());
    for (const socket of sockets) if (reads) socket.resume();
    const trickle = setInterval(() => sockets.forEach((socket) => socket.writable && more !== '' && socket.write(more)), 1000);
    try {
      const during = await healthyP99(SECONDS);
      accept({
        row: 'S-15',
        what: mode,
        volume: `${CONNECTIONS} connections, ${SECONDS} s`,
        result: `p99 of others ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`,
      });
      expect(during).toBeLessThanOrEqual(Math.max(before * SHARE, before + NOISE_MS));
      if (reads)
        await eventually(() => sockets.filter(({ destroyed }) => !destroyed).length <= 200, {
          what: 'the slow to be cut off',
          timeoutMs: 40_000,
        });
    } finally {
      clearInterval(trickle);
      for (const socket of sockets) socket.destroy();
    }
  });
});

it('S-15: a flood of requests without a credential does not slow others down', { timeout: (SECONDS + 60) * 1000 }, async () => {
  const before = await healthyP99(5);
  const program = path.resolve('node_modules/autocannon/autocannon.js');
  const flood = spawn(
    process.execPath,
    [program, '--json', '-c', '200', '-p', '100', '-d', String(SECONDS + 5), `${archon.client.url}/acp/v1/clusters`],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let report = '';
  flood.stdout.setEncoding('utf8').on('data', (text: string) => (report += text));
  const ended = once(flood, 'close');
  await sleep(2000);
  const during = await healthyP99(SECONDS);
  await ended;
  const { requests } = JSON.parse(report) as { requests: { sent: number } };
  const perSecond = Math.round(requests.sent / (SECONDS + 5));
  accept({
    row: 'S-15',
    what: 'flood without a credential',
    volume: `${perSecond} requests/s, ${SECONDS} s`,
    result: `p99 of others ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`,
  });
  expect(perSecond).toBeGreaterThan(20_000);
  expect(during).toBeLessThanOrEqual(Math.max(before * SHARE, before + FLOOD_NOISE_MS));
});
