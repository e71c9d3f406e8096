import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TcpFaultProxy } from '#lab';
import { Archon } from '../support/archon.js';
import { rawRequest, rawUpgrade, statusOf } from '../support/raw-request.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import type { FinalFault } from '../support/recording-api-server-hooks.js';
import { eventually } from '../support/wait-for.js';

type Status = { kind: string; code: number; reason: string; message: string; details: { cluster: string } };

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const EXEC = '/api/v1/namespaces/default/pods/web/exec?command=sh&stdin=true&stdout=true';
const at = (target: string) => `/kubernetes/rec${target}`;

let archon: Archon;
let cluster: RecordingApiServer;

beforeAll(async () => {
  archon = await Archon.start();
  cluster = await startRecordedCluster(archon, 'rec');
  cluster.local.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'first', namespace: 'default' } });
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

describe('a cluster that misbehaves', () => {
  const head = (status: string, ...lines: string[]) => [`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n');
  const says = (text: string): FinalFault => ({ action: 'takeOver', run: (socket) => socket.end(Buffer.from(text, 'latin1')) });
  /** A probe may have met the fault, too: the cluster is back when the next one finds it well. */
  const served = () =>
    eventually(async () => (await archon.client.get(at('/version'))).status === 200, { what: 'the cluster to be back', timeoutMs: 15_000 });

  it.each<[string, FinalFault]>([
    ['resets', { action: 'reset' }],
    ['closes without a word', { action: 'garbage', bytes: '' }],
    ['speaks another protocol', { action: 'garbage', bytes: 'SSH-2.0-what\r\n' }],
    ['sends binary noise', { action: 'garbage', bytes: randomBytes(4096) }],
    ['gives two lengths', says(head('200 OK', 'Content-Length: 1', 'Content-Length: 2'))],
    ['gives a length and chunks', says(`${head('200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`)],
    ['sends an endless header', says(head('200 OK', `X-Long: ${'x'.repeat(1024 * 1024)}`))],
    ['sends a header that no header may be', says(head('200 OK', 'X-Bell: \x07', 'Content-Length: 0'))],
    ['folds a header', says(head('200 OK', 'X-Folded: a', ' b: c', 'Content-Length: 0'))],
    ['answers with no status', says(head('000 Nothing', 'Content-Length: 0'))],
    ['answers with a status below all', says(head('099 Nothing', 'Content-Length: 0'))],
    ['changes the protocol unasked', says(head('101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'))],
    ['promises and does not answer', says(head('100 Continue') + head('103 Early Hints'))],
  ])('by how it %s is answered for with 503', async (_what, fault) => {
    const hook = cluster.on({ path: '/faulty' }, fault); // a read whose connection closes without a word is asked once more
    const answer = await archon.client.get<Status>(at('/faulty'));
    expect([answer.status, answer.body], answer.text).toMatchObject([
      503,
      { kind: 'Status', code: 503, reason: 'ServiceUnavailable', details: { cluster: 'rec' } },
    ]);
    const upgrade = await archon.client.raw(rawUpgrade(at('/faulty'), { token: archon.token }));
    expect(statusOf(upgrade), upgrade.text).toBe(503);
    hook.remove();
    await served();
  });

  it('by breaking off in a body breaks it off for the client too', async () => {
    const whole = randomBytes(1024 * 1024).toString('hex');
    for (const [target, answer] of [
      ['/length', `${head('200 OK', `Content-Length: ${whole.length}`)}${whole.slice(0, 100_000)}`],
      ['/chunks', `${head('200 OK', 'Transfer-Encoding: chunked')}${whole.length.toString(16)}\r\n${whole.slice(0, 100_000)}`],
      ['/bad-chunks', `${head('200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\nzz\r\n`],
    ] as const) {
      cluster.on({ path: target }, says(answer), { times: 1 });
      await expect(archon.client.get(at(target)), target).rejects.toThrow(/terminated|other side closed|aborted/);
    }
    cluster.on({ path: CONFIG_MAPS }, { action: 'truncate', bytes: 25 }, { times: 1 });
    await expect(archon.client.get(at(`${CONFIG_MAPS}?watch=true`))).rejects.toThrow(/terminated|other side closed|aborted/);
    await served();
  });

  it('by refusing or swallowing connections costs a caller no more than 4 s', { timeout: 60_000 }, async () => {
    const { hostname, port } = new URL(cluster.url);
    const link = await TcpFaultProxy.listen({ upstreamHost: hostname, upstreamPort: Number(port) });
    await archon.client.delete('/acp/v1/clusters/rec');
    await archon.registerKubeconfig('rec', cluster.kubeconfig().replace(`:${port}`, `:${link.port}`));
    for (const toxic of ['refuse', 'blackHole', 'stallTls'] as const) {
      link.reset();
      link[toxic]();
      const begin = performance.now();
      const [request, watch, upgrade] = await Promise.all([
        archon.client.get<Status>(at('/version')),
        archon.client.get<Status>(at(`${CONFIG_MAPS}?watch=true`)),
        archon.client.raw(rawUpgrade(at(EXEC), { token: archon.token }), { timeoutMs: 10_000 }),
      ]);
      expect([request.status, watch.status, statusOf(upgrade)], toxic).toEqual([503, 503, 503]);
      expect(request.body).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable', details: { cluster: 'rec' } });
      expect(performance.now() - begin, toxic).toBeLessThan(4000);
      link.heal();
      await served();
    }
    await archon.client.delete('/acp/v1/clusters/rec');
    await archon.registerKubeconfig('rec', cluster.kubeconfig());
    await link.close();
  });

  it('by never answering is given up after the 60 s that an API server takes at most', { timeout: 90_000 }, async () => {
    const hook = cluster.on({ path: /hang|exec/ }, { action: 'hang' });
    const begin = performance.now();
    const upgrade = archon.client.raw(rawUpgrade(at(EXEC), { token: archon.token }), { timeoutMs: 40_000 });
    const answer = archon.client.raw(rawRequest(at('/hang'), { token: archon.token, headers: ['Connection: close'] }), {
      timeoutMs: 75_000,
    });
    await eventually(() => hook.hits === 2, { what: 'the requests' });
    await served();
    expect(statusOf(await upgrade)).toBe(504);
    expect(statusOf(await answer)).toBe(504);
    expect((await answer).text).toMatch(/"reason":"Timeout".*"cluster":"rec"/);
    expect(performance.now() - begin).toBeGreaterThan(60_000);
    hook.remove();
  });

  it('has not ended Archon in all this', () => {
    expect([archon.isRunning, archon.log.match(/"msg":"ready"/g)?.length]).toEqual([true, 1]);
    expect(archon.log).not.toMatch(/uncaught|unhandled/i);
  });
});
