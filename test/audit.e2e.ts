import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

let archon: Archon;
let cluster: RecordingApiServer;

interface Row {
  stage: string;
  code: number;
  [column: string]: unknown;
}

/** The events of a request, oldest first, when there are `count` of them. */
const eventsOf = (requestId: string, count: number) =>
  eventually(
    async () => {
      const rows = await archon.database.query<Row>('select * from audit_events where request_id = $1 order by sequence', [requestId]);
      return rows.length >= count ? rows : undefined;
    },
    { what: `${count} events of ${requestId}` },
  );

beforeAll(async () => {
  archon = await Archon.start();
  cluster = await startRecordedCluster(archon, 'rec');
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

const CONFIG_MAPS = '/kubernetes/rec/api/v1/namespaces/default/configmaps';

describe('a change', () => {
  it('of an object of our own is recorded before it is made, and after', async () => {
    const answer = await archon.client.post<{ id: string }>('/auth/v1/accesstoken', { description: 'x' }, { 'x-request-id': 'own-create' });
    expect(answer.status).toBe(201);
    const [before, after] = await eventsOf('own-create', 2);
    const what = { user_name: 'admin', credential_kind: 'token', resource: 'accesstoken', verb: 'create', operation: 'createAccessToken' };
    expect(before).toMatchObject({ ...what, stage: 'RequestReceived', code: 0, outcome: '', source_address: '127.0.0.1' });
    expect(after).toMatchObject({ ...what, stage: 'ResponseComplete', code: 201, outcome: 'Success', name: answer.body.id });
  });

  it('in a cluster is recorded before it is made, and after', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } };
    expect((await archon.client.post(CONFIG_MAPS, object, { 'x-request-id': 'proxied-create' })).status).toBe(201);
    const [before, after] = await eventsOf('proxied-create', 2);
    const what = { user_name: 'admin', cluster: 'rec', resource: 'configmaps', verb: 'create', namespace: 'default' };
    expect(before).toMatchObject({ ...what, stage: 'RequestReceived', code: 0, outcome: '' });
    expect(after).toMatchObject({ ...what, stage: 'ResponseComplete', code: 201, outcome: 'Success' });
    expect(Number(after?.bytes_in)).toBe(JSON.stringify(object).length);
  });
});
