import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { TcpFaultProxy } from '#lab';
import { Archon } from '../support/archon.js';
import { RecordingApiServer } from '../support/recording-api-server.js';

const READY_MS = 3000;
const IDLE_MEMORY_MIB = 200;
const STARTS = 3;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(): Promise<Archon> {
  const archon = await Archon.start();
  cleanups.push(() => archon.dispose());
  return archon;
}

/** The median of several restarts, printed. */
async function medianStart(archon: Archon, what: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    await archon.stop();
    await archon.run();
    times.push(Math.round(archon.startMs));
  }
  process.stdout.write(`  ready after ${times.join(', ')} ms ${what}\n`);
  return times.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)] ?? Number.POSITIVE_INFINITY;
}

it('is ready within 3 s, and needs 200 MB of memory at most when idle', async () => {
  const archon = await start();
  expect(await medianStart(archon, 'without clusters')).toBeLessThanOrEqual(READY_MS);
  await sleep(5000);
  const status = await readFile(`/proc/${archon.pid}/status`, 'utf8');
  const residentMib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  process.stdout.write(`  ${Math.round(residentMib)} MiB resident when idle\n`);
  expect(residentMib).toBeLessThanOrEqual(IDLE_MEMORY_MIB);
});

it('takes no longer when every registered cluster is a black hole', async () => {
  const archon = await start();
  const proxies: TcpFaultProxy[] = [];
  for (let i = 0; i < 5; i++) {
    const server = await RecordingApiServer.start();
    const { hostname, port } = new URL(server.url);
    const proxy = await TcpFaultProxy.listen({ upstreamHost: hostname, upstreamPort: Number(port) });
    cleanups.push(
      () => server.close(),
      () => proxy.close(),
    );
    server.local.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
    await archon.registerKubeconfig(`hole-${i}`, server.kubeconfig().replace(server.url, `https://${proxy.host}:${proxy.port}`));
    proxies.push(proxy);
  }
  for (const proxy of proxies) proxy.blackHole();
  expect(await medianStart(archon, 'with dead clusters')).toBeLessThanOrEqual(READY_MS);
  expect((await archon.client.get('/readyz')).status).toBe(200);
  const { body } = await archon.client.get<{ items: { status: { state: string } }[] }>('/acp/v1/clusters');
  expect(body.items.map((item) => item.status.state)).toEqual(Array<string>(5).fill('Unreachable'));
});
