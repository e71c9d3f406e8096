import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import type { RawConnection } from '../support/raw-connection.js';
import { rawRequest, rawUpgrade, statusOf } from '../support/raw-request.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

const EXEC = '/api/v1/namespaces/default/pods/web/exec?command=sh&stdin=true&stdout=true';
const WATCH = '/api/v1/namespaces/default/pods?watch=true';
const [PER_USER, PER_CLUSTER, IN_ALL] = [5, 8, 11];
const LONGEST_SECONDS = 3;
/** One message on the channel of stdin, masked with zeros as RFC 6455 §5.3 allows. */
const typed = Buffer.from([0x82, 0x82, 0, 0, 0, 0, 0, 0x61]);

let archon: Archon;
const clusters: RecordingApiServer[] = [];

beforeAll(async () => {
  archon = await Archon.start({
    settings: {
      ARCHON_MAX_STREAMS_PER_USER: String(PER_USER),
      ARCHON_MAX_STREAMS_PER_CLUSTER: String(PER_CLUSTER),
      ARCHON_MAX_STREAMS: String(IN_ALL),
      ARCHON_SHELL_MAX_SECONDS: String(LONGEST_SECONDS),
    },
  });
  for (const name of ['one', 'two']) {
    const cluster = await startRecordedCluster(archon, name);
    cluster.local.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default' } });
    clusters.push(cluster);
  }
});
afterAll(async () => {
  await archon?.dispose();
  await Promise.all(clusters.map((cluster) => cluster.close()));
});

async function watch(cluster: string, token: string): Promise<RawConnection> {
  const connection = await archon.client.openRaw();
  connection.write(rawRequest(`/kubernetes/${cluster}${WATCH}`, { token, headers: ['Connection: close'] }));
  await connection.receives(/^HTTP\/1\.1 \d{3} [^]*\r\n\r\n/);
  return connection;
}

it('T84 streams have a limit for each user, cluster and process; above it is 429 with Retry-After, and all others go on', async () => {
  const tokens = await Promise.all(['a', 'b', 'c', 'd'].map((name) => archon.tokenOf(`${name}@example.org`)));
  const open: RawConnection[] = [];
  const fill = async (cluster: string, user: number, count: number) => {
    for (let i = 0; i < count; i++) {
      const connection = await watch(cluster, tokens[user] ?? '');
      expect(statusOf(connection)).toBe(200);
      open.push(connection);
    }
  };
  const refused = async (cluster: string, user: number, what: string) => {
    const answer = await watch(cluster, tokens[user] ?? '');
    expect([statusOf(answer), /\r\nretry-after: \d+\r\n/i.test(answer.text)], what).toEqual([429, true]);
    expect(await answer.receives(/"message":"[^"]+/)).toContain(what);
  };
  await fill('one', 0, PER_USER);
  await refused('one', 0, `you have ${PER_USER} streams open`);
  await refused('two', 0, `you have ${PER_USER} streams open`);
  await fill('one', 1, PER_CLUSTER - PER_USER);
  await refused('one', 2, `${PER_CLUSTER} streams of cluster`);
  await fill('two', 2, IN_ALL - PER_CLUSTER);
  await refused('two', 3, `${IN_ALL} streams are open here`);
  for (const [user, token] of tokens.entries())
    expect((await archon.client.as(token).get('/kubernetes/one/api/v1/namespaces/default/pods')).status, String(user)).toBe(200);
  expect(open.some(({ closed }) => closed)).toBe(false);
  for (const connection of open) connection.close();
  await eventually(
    async () => {
      const again = await watch('two', tokens[3] ?? '');
      again.close();
      return statusOf(again) === 200;
    },
    { what: 'the places to be free again' },
  );
  accept({
    row: 'T84',
    what: 'limits of streams for a user, a cluster and a process',
    volume: `${PER_USER}, ${PER_CLUSTER} and ${IN_ALL}`,
    result: 'one more is refused at each, others go on',
  });
});

it('T26 a terminal that is used all the time ends after its longest time, and is told why', async () => {
  const shell = await archon.client.openRaw();
  shell.write(rawUpgrade(`/kubernetes/one${EXEC}`, { token: await archon.tokenOf('long@example.org') }));
  await shell.receives(/^HTTP\/1\.1 101 /);
  const begin = performance.now();
  const typing = setInterval(() => shell.socket.writable && shell.write(typed), 200);
  const text = await shell.receives(undefined, 15_000).finally(() => clearInterval(typing));
  expect(text).toContain(`has lasted ${LONGEST_SECONDS} seconds, which is the longest`);
  expect(performance.now() - begin).toBeGreaterThan(LONGEST_SECONDS * 1000 - 500);
});

it('T26 the audit log has one beginning and one end of each terminal, with its bytes', async () => {
  const COUNT = 40;
  const users = await Promise.all(Array.from({ length: 4 }, (_, n) => archon.tokenOf(`audited${n}@example.org`)));
  const ids: string[] = [];
  for (let n = 0; n < COUNT; n++) {
    const requestId = `shell-${n}`;
    const shell = await archon.client.openRaw();
    shell.write(rawUpgrade(`/kubernetes/one${EXEC}`, { token: users[n % 4] ?? '', headers: [`X-Request-Id: ${requestId}`] }));
    await shell.receives(/^HTTP\/1\.1 101 /);
    for (let i = 0; i <= n % 3; i++) shell.write(typed);
    await shell.receives(/\x82..a/s); // its echo
    ids.push(requestId);
    shell.close();
  }
  const sql = `select request_id, stage, subresource, bytes_in, bytes_out from audit_events where request_id like 'shell-%' order by sequence`;
  type Row = { request_id: string; stage: string; subresource: string; bytes_in: string; bytes_out: string };
  const rows = await eventually(
    async () => {
      const found = await archon.database.query<Row>(sql);
      return found.filter(({ stage }) => stage === 'ResponseComplete').length === COUNT && found;
    },
    { what: 'the end of all terminals to be recorded' },
  );
  const stages = (id: string) => rows.filter(({ request_id }) => request_id === id).map(({ stage }) => stage);
  for (const id of ids) expect(stages(id), id).toEqual(['RequestReceived', 'ResponseComplete']);
  for (const { subresource, stage, bytes_in, bytes_out } of rows) {
    expect(subresource).toBe('exec');
    if (stage === 'ResponseComplete') expect([Number(bytes_in) >= typed.length, Number(bytes_out) > 0]).toEqual([true, true]);
  }
  accept({
    row: 'T26',
    what: 'terminals in the audit log',
    volume: `${COUNT} terminals`,
    result: `${rows.length} events: a beginning and an end of each`,
  });
});
