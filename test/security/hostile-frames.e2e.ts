import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { deflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import type { RawConnection } from '../support/raw-connection.js';
import { rawUpgrade, statusOf } from '../support/raw-request.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

const EXEC = '/kubernetes/rec/api/v1/namespaces/default/pods/web/exec?command=sh&stdin=true&stdout=true';
const MIB = 1024 * 1024;
const SESSIONS = volume({ ci: 20, nightly: 200 });
/** At a time: as many shells as one user may have. */
const AT_A_TIME = 10;
const MAX_GROWTH_MIB = 64;
const PROMPT_MS = 2000;
/** The answer to the key of rawUpgrade: RFC 6455 §1.3. */
const ACCEPTED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n';
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';

let archon: Archon;
let cluster: RecordingApiServer;
let pid: number;
const residentMib = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${archon.pid}/status`, 'utf8'))?.[1]) / 1024;

beforeAll(async () => {
  archon = await Archon.start();
  ({ pid } = archon);
  cluster = await startRecordedCluster(archon, 'rec');
  cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});
afterEach(async () => {
  expect([archon.pid, archon.isRunning]).toEqual([pid, true]);
  expect((await archon.client.get('/livez')).text).toBe('ok');
});

/** Opens shells to a cluster that answers each of them so; gives their connections. */
async function shells(count: number, answer: (socket: Duplex) => void, headers: string[] = []): Promise<RawConnection[]> {
  const hook = cluster.on({ path: /\/exec$/ }, { action: 'takeOver', run: answer });
  const connections = await Promise.all(Array.from({ length: count }, () => archon.client.openRaw()));
  for (const connection of connections) connection.write(rawUpgrade(EXEC, { token: archon.token, headers }));
  await Promise.all(connections.map((connection) => connection.receives(/\r\n\r\n/, 20_000)));
  hook.remove();
  return connections;
}

/** A frame whose head announces `length` bytes, in 64 bits: RFC 6455 §5.2. */
function head(firstByte: number, length: bigint): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeUInt8(firstByte, 0);
  bytes.writeUInt8(127, 1);
  bytes.writeBigUInt64BE(length, 2);
  return bytes;
}

describe('T23 CVE-2026-1526: frames that inflate', () => {
  // One MiB that is a thousand when it is inflated.
  const bomb = deflateRawSync(Buffer.alloc(1000 * MIB));

  it.each([
    ['that were not agreed on', ''],
    ['whose compression the cluster claims to have agreed on', DEFLATE],
  ])('%s end the session with a protocol error, and nothing is inflated', { timeout: 120_000 }, async (_what, extension) => {
    const offer = ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'];
    const send = (socket: Duplex) => {
      socket.write(`${ACCEPTED}${extension}\r\n`);
      socket.write(Buffer.concat([head(0xc2, BigInt(bomb.length)), bomb]));
    };
    await Promise.all((await shells(1, send, offer)).map((connection) => connection.receives())); // what is loaded once
    const before = residentMib();
    let highest = before;
    for (let opened = 0; opened < SESSIONS; opened += AT_A_TIME) {
      for (const connection of await shells(AT_A_TIME, send, offer)) {
        const text = await connection.receives(undefined, PROMPT_MS * AT_A_TIME);
        expect(text.slice(0, text.indexOf('\r\n\r\n'))).not.toMatch(/extensions/i);
        expect(text).toMatch(/\x88..\xea/s); // 1002: protocol error
        expect(text.length).toBeLessThan(2 * MIB);
      }
      highest = Math.max(highest, residentMib());
    }
    expect(cluster.requests.findLast(({ path }) => path.endsWith('/exec'))?.header('sec-websocket-extensions')).toEqual([]);
    expect(highest - before).toBeLessThan(MAX_GROWTH_MIB);
    accept({
      row: 'T23',
      what: `frames that inflate to 1,000 MiB${extension === '' ? '' : ', the compression claimed'}`,
      volume: `${SESSIONS} sessions`,
      result: `${Math.round(highest - before)} MiB more, each ended`,
    });
  });
});

describe('T23 CVE-2024-37890: more headers than are counted', () => {
  const many = Array.from({ length: 2100 }, (_, index) => `a${index}: `);

  it('on an upgrade are refused', async () => {
    const answer = await archon.client.raw(rawUpgrade(EXEC, { token: archon.token, headers: many }));
    expect([400, 431]).toContain(statusOf(answer));
  });

  it('in the answer of a cluster come to nobody', async () => {
    const [connection] = await shells(1, (socket) => void socket.write(`${ACCEPTED}${many.join('\r\n')}\r\n\r\n`));
    const text = connection?.text ?? '';
    expect(text).toMatch(/^HTTP\/1\.1 (?:101|502|503) /);
    expect(text).not.toMatch(/\r\na\d+:/);
    connection?.close();
  });
});

describe('T23 CVE-2021-32640: a sub-protocol with a long run of blanks', () => {
  const blanks = `v5.channel.k8s.io${' '.repeat(12_000)}x`;
  /** How long an ordinary request takes while `act` runs: a pattern that backtracks holds up everybody. */
  async function othersMs(act: Promise<unknown>): Promise<number> {
    let [slowest, over] = [0, false];
    const done = act.finally(() => (over = true));
    while (!over) {
      const begin = performance.now();
      await archon.client.get('/livez');
      slowest = Math.max(slowest, performance.now() - begin);
    }
    await done;
    return slowest;
  }

  it('on an upgrade is answered at once', async () => {
    const text = rawUpgrade(EXEC, { token: archon.token, headers: [`Sec-WebSocket-Protocol: ${blanks}`] });
    const send = Promise.all(Array.from({ length: 20 }, () => archon.client.raw(text, { until: /\r\n\r\n/, timeoutMs: 10_000 })));
    expect(await othersMs(send)).toBeLessThan(PROMPT_MS);
    expect((await send).every((answer) => statusOf(answer) > 0)).toBe(true);
  });

  it('in the answer of a cluster is no reason to wait', async () => {
    const opening = shells(AT_A_TIME, (socket) => void socket.end(`${ACCEPTED}Sec-WebSocket-Protocol: ${blanks}\r\n\r\n`));
    expect(await othersMs(opening)).toBeLessThan(PROMPT_MS);
    for (const connection of await opening) connection.close();
  });
});

describe('T23: frames against the rules', () => {
  it.each([
    ['a length of 2^63', head(0x82, 2n ** 63n)],
    ['a ping of 64 KiB', Buffer.concat([head(0x89, 65_536n), Buffer.alloc(65_536)])],
    ['a frame of an unknown kind', Buffer.from([0x83, 1, 0x61])],
    ['a control frame of an unknown kind', Buffer.from([0x8b, 1, 0x61])],
  ])('%s ends the session with a protocol error', async (_what, frame) => {
    const [connection] = await shells(1, (socket) => void socket.write(Buffer.concat([Buffer.from(`${ACCEPTED}\r\n`), frame])));
    expect(await connection?.receives()).toMatch(/\x88..\xea/s);
  });

  it('a message without an end, which its client does not read, is held back and fills no memory', { timeout: 60_000 }, async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let offered = 0;
    const endless = (socket: Duplex) => {
      socket.on('error', () => undefined);
      socket.write(`${ACCEPTED}\r\n`);
      socket.write(head(0x02, 2n ** 40n));
      const more = () => {
        let goes = true;
        while (goes && offered < 1000 * MIB) {
          offered += chunk.length;
          goes = socket.write(chunk);
        }
        if (!goes) socket.once('drain', more);
      };
      more();
    };
    /** Until the cluster can send no more. */
    const heldBack = async () => {
      const connections = await shells(AT_A_TIME, endless);
      for (const connection of connections) connection.socket.pause();
      let last = -1;
      await eventually(() => offered === last || ((last = offered), false), { what: 'the cluster to be held back', intervalMs: 500 });
      return connections;
    };
    for (const connection of await heldBack()) connection.close(); // what is loaded, and what buffers there are, once
    const before = residentMib();
    const connections = await heldBack();
    const grown = residentMib() - before;
    for (const connection of connections) connection.close();
    expect(grown).toBeLessThan(MAX_GROWTH_MIB);
    accept({ row: 'T23', what: 'messages without an end', volume: `${AT_A_TIME} sessions`, result: `${Math.round(grown)} MiB more` });
  });
});
