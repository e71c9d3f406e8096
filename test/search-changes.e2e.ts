import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody } from './support/cluster-objects.js';
import { startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

interface List {
  metadata: { continue?: string; remainingItemCount?: number; failures: { cluster: string }[] };
  items: KubernetesBody[];
}

const STAYING = 400;
const CHANGES_PER_SECOND = 100;
const ROUNDS = 10;
const ADMINISTRATORS = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'acp:platform:administrator' };
const SETTINGS = { ARCHON_INDEX: 'true' };

let archon: Archon;
let replica: Archon;
let server: RecordingApiServer;
let namespace: string;

beforeAll(async () => {
  archon = await Archon.start({ settings: SETTINGS, clusters: ['c1'] });
  replica = await archon.replica();
  namespace = await createNamespace(archon.client, ['c1'], 'changes');
  server = await startRecordedCluster(archon, 'busy');
  // Its RBAC decides there too on what a list shows.
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'all' };
  server.local.put({
    ...rbac,
    kind: 'ClusterRole',
    metadata: { name: 'all' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  });
  server.local.put({ ...rbac, kind: 'ClusterRoleBinding', metadata: { name: 'all' }, roleRef, subjects: [ADMINISTRATORS] });
  for (let index = 0; index < STAYING; index++) put(`stays-${String(index).padStart(3, '0')}`, 0);
}, 120_000);
afterAll(async () => {
  await archon?.client.delete(`/kubernetes/c1/api/v1/namespaces/${namespace}`);
  await replica?.kill();
  await archon?.dispose();
  await server?.close();
});

const put = (name: string, turn: number) =>
  server.local.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { suite: 'pages', turn: String(turn) } },
  });

/** Objects that come, go and are changed, among those that stay, until it is stopped; then says how many a second. */
function changing(): { stop(): Promise<number> } {
  const begun = performance.now();
  let [turn, isRunning] = [0, true];
  const work = (async () => {
    for (; isRunning; turn++) {
      const waitMs = begun + (turn * 1000) / CHANGES_PER_SECOND - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const name = `goes-${turn % 7}`;
      if (turn % 2 === 0) put(`stays-${String((turn * 7) % STAYING).padStart(3, '0')}`, turn);
      else if (server.local.find('v1', 'ConfigMap', 'default', name) === undefined) put(name, turn);
      else server.local.remove('v1', 'ConfigMap', 'default', name);
    }
    return turn / ((performance.now() - begun) / 1000);
  })();
  return {
    stop: () => {
      isRunning = false;
      return work;
    },
  };
}

/** All pages of a list, each from the other replica. */
async function pages(query: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  for (let page = 0; page === 0 || token !== undefined; page++) {
    const from = page % 2 === 0 ? archon : replica;
    const path = `/acp/v1/search/configmaps?clusters=busy&labelSelector=suite=pages&limit=23&${query}${token === undefined ? '' : `&continue=${token}`}`;
    const { body, status, text } = await from.client.as(archon.token).get<List>(path);
    expect(status, text).toBe(200);
    names.push(...body.items.map(({ metadata }) => metadata.name ?? ''));
    token = body.metadata.continue;
  }
  return names;
}

describe('lists of clusters that change, from two replicas', () => {
  it('show all that stays, once, on pages that are read while 100 changes a second arrive', { timeout: 120_000 }, async () => {
    const staying = Array.from({ length: STAYING }, (_, index) => `stays-${String(index).padStart(3, '0')}`);
    await eventually(async () => (await pages('sort=name')).length >= STAYING, { what: 'all to be indexed', timeoutMs: 20_000 });
    const changes = changing();
    let rows = 0;
    for (let round = 0; round < ROUNDS; round++)
      for (const sort of ['name', '-creationTimestamp,name']) {
        const names = await pages(`sort=${sort}`);
        rows += names.length;
        expect(names.filter((name) => name.startsWith('stays')).sort()).toEqual(staying);
      }
    const perSecond = await changes.stop();
    expect(perSecond).toBeGreaterThan(CHANGES_PER_SECOND / 2);
    accept({
      row: 'F-6',
      what: 'pages of a list, from two replicas in turns, while its objects change',
      volume: `${ROUNDS * 2} lists, ${rows} rows, ${Math.round(perSecond)} changes/s`,
      result: '0 lost, 0 doubled',
    });
  });

  it('show on one replica what was written through the other, to who says the version', async () => {
    const path = `/kubernetes/c1/api/v1/namespaces/${namespace}/configmaps`;
    for (let round = 0; round < ROUNDS; round++) {
      const name = `written-${round}`;
      const { body: made } = await archon.client.post<KubernetesBody>(path, { metadata: { name } });
      const { body } = await replica.client
        .as(archon.token)
        .get<List>(`/acp/v1/search/configmaps?keyword=${name}&namespaces=${namespace}&notOlderThan=c1:${made.metadata.resourceVersion}`);
      expect([body.items.map(({ metadata }) => metadata.name), body.metadata.failures]).toEqual([[name], []]);
    }
  });
});
