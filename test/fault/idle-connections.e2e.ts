import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { accept, isNightly } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { IdleCutter } from '../support/idle-cutter.js';
import { RawConnection } from '../support/raw-connection.js';
import { rawRequest } from '../support/raw-request.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

const EXEC = '/kubernetes/rec/api/v1/namespaces/default/pods/web/exec?command=sh&stdin=true&stdout=true';
/** At night as it is in the field, with Archon's own default; else the same in a twentieth of the time. */
const LIMIT_SECONDS = isNightly ? 60 : 3;
const IDLE_SECONDS = isNightly ? 600 : 30;
const SETTINGS: Record<string, string> = isNightly ? {} : { ARCHON_HEARTBEAT_SECONDS: '1' };

let archon: Archon;
let cluster: RecordingApiServer;
let cutter: IdleCutter;

beforeAll(async () => {
  archon = await Archon.start({ settings: SETTINGS });
  cluster = await startRecordedCluster(archon, 'rec');
  cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
  cutter = await IdleCutter.listen(Number(new URL(archon.client.url).port), LIMIT_SECONDS * 1000);
});
afterAll(async () => {
  cutter?.close();
  await archon?.dispose();
  await cluster?.close();
});

it(`a shell that is idle for ${IDLE_SECONDS} s behind an idle limit of ${LIMIT_SECONDS} s lives`, {
  timeout: (IDLE_SECONDS + 60) * 1000,
}, async () => {
  const ca = readFileSync(path.join(archon.state, 'tls/ca.crt'), 'utf8');
  const quiet = await RawConnection.open(`https://127.0.0.1:${cutter.port}`, ca);
  quiet.write(rawRequest('/kubernetes/rec/api/v1/namespaces/none/secrets?watch=true', { token: archon.token }));
  await quiet.receives(/\r\n\r\n/);
  const began = performance.now();
  const shell = new WebSocket(`wss://127.0.0.1:${cutter.port}${EXEC}`, 'v5.channel.k8s.io', {
    ca,
    headers: { authorization: `Bearer ${archon.token}` },
  });
  let [pings, closed] = [0, false];
  const received: string[] = [];
  shell.on('ping', () => pings++).on('close', () => (closed = true));
  shell.on('message', (data: Buffer) => received.push(data.toString('latin1')));
  await once(shell, 'open');
  // The limit is one: a stream on which nothing passes is gone.
  await eventually(() => quiet.closed, { what: 'a silent watch to be cut', timeoutMs: (LIMIT_SECONDS + 5) * 1000 });
  expect(cutter.cut).toBe(1);
  await sleep(IDLE_SECONDS * 1000 - (performance.now() - began));
  expect([closed, cutter.cut]).toEqual([false, 1]);
  expect(pings).toBeGreaterThanOrEqual(Math.floor(IDLE_SECONDS / LIMIT_SECONDS));
  const before = received.length;
  shell.send(Buffer.from('\0still there'));
  await eventually(() => received.slice(before).some((text) => text.includes('still there')), { what: 'the echo of what is typed' });
  const request = cluster.requests.findLast(({ path: target }) => target.endsWith('/exec'));
  expect(request?.received.map(({ data }) => data.toString('latin1'))).toEqual(['\0still there']);
  shell.close();
  accept({
    row: 'T26',
    what: `a shell idle behind an idle limit of ${LIMIT_SECONDS} s`,
    volume: `${IDLE_SECONDS} s`,
    result: `alive, pinged ${pings} times`,
  });
});
