import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept, volume } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { createNamespace, uniqueName } from './support/cluster-objects.js';
import { type IndexRow, indexRows, reflectionStates, tablesWith } from './support/index-rows.js';
import { startRecordedCluster } from './support/recorded-cluster.js';
import type { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

const CHANGES = volume({ ci: 30, nightly: 500 });
const LAG_MS = 1000;
const TAKEOVER_MS = 15_000;
const SETTINGS = { ARCHON_INDEX: 'true' };

/** In milliseconds. */
function percentile(sorted: readonly number[], part: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN);
}

describe('the objects of real clusters', () => {
  let archon: Archon;
  let namespace: string;
  beforeAll(async () => {
    archon = await Archon.start({ settings: SETTINGS, clusters: ['global', 'c1', 'c2'] });
    namespace = await createNamespace(archon.client, ['c2'], 'index');
    await eventually(async () => Object.values(await reflectionStates(archon.database, 'c2')).length >= 18, { what: 'the reflectors' });
    await eventually(async () => new Set(Object.values(await reflectionStates(archon.database, 'c2'))).size === 1, {
      what: 'all kinds to be watched',
      timeoutMs: 30_000,
    });
  }, 120_000);
  afterAll(async () => {
    await archon?.client.delete(`/kubernetes/c2/api/v1/namespaces/${namespace}`);
    await archon?.dispose();
  });

  const path = (resource: string, name = '') =>
    `/kubernetes/c2/${resource}`.replace('{ns}', `namespaces/${namespace}`) + (name && `/${name}`);
  const rows = (resource: string) => indexRows(archon.database, { cluster: 'c2', resource, namespace });
  const row = async (resource: string, name: string) => (await rows(resource)).find((each) => each.name === name);
  const within = (what: string, condition: () => Promise<boolean>) => eventually(condition, { what, timeoutMs: LAG_MS, intervalMs: 10 });
  async function sent(method: 'post' | 'patch' | 'delete', url: string, body?: object): Promise<void> {
    const answer = await archon.client[method](url, body ?? {});
    expect(answer.status, answer.text).toBeLessThan(300);
  }

  it('follows every kind that the cluster has of those that are wanted, and says so', async () => {
    const states = await reflectionStates(archon.database, 'c2');
    expect(states).toMatchObject({ pods: 'Watching', namespaces: 'Watching', clusterroles: 'Watching', deployments: 'Watching' });
    expect(Object.keys(states)).not.toContain('rollouts');
  });

  it('tells in the metrics when it last heard of each cluster', async () => {
    const { text } = await archon.client.get('/metrics');
    const times = [...text.matchAll(/^archon_index_synced_timestamp_seconds\{cluster="(\w+)"\} (\S+)$/gm)].map(([, name, at]) => [
      name,
      Number(at),
    ]);
    expect(times.map(([name]) => name).sort()).toEqual(['c1', 'c2', 'global']);
    for (const [, at] of times) expect(Date.now() / 1000 - Number(at)).toBeLessThan(60);
  });

  it('has made, changed and deleted objects within a second', async () => {
    const lags: number[] = [];
    for (let i = 0; i < CHANGES; i++) {
      const name = `m-${i}`;
      const steps: [() => Promise<void>, (found: IndexRow | undefined) => boolean][] = [
        [() => sent('post', path('api/v1/{ns}/configmaps'), { metadata: { name } }), (found) => found !== undefined],
        [
          () => sent('patch', path('api/v1/{ns}/configmaps', name), { metadata: { labels: { step: 'two' } } }),
          (found) => found?.labels.step === 'two',
        ],
        [() => sent('delete', path('api/v1/{ns}/configmaps', name)), (found) => found === undefined],
      ];
      for (const [act, isThere] of steps) {
        await act();
        const begun = performance.now();
        await within(`the index to follow ${name}`, async () => isThere(await row('configmaps', name)));
        lags.push(performance.now() - begun);
      }
    }
    lags.sort((one, other) => one - other);
    accept({
      row: 'F-6',
      what: 'lag of the index behind a real cluster, one change at a time',
      volume: `${lags.length} changes`,
      result: `p50 ${percentile(lags, 0.5)} ms, p95 ${percentile(lags, 0.95)} ms, longest ${percentile(lags, 1)} ms`,
    });
  });

  it('keeps what lists need of a workload and its Pods, without managedFields', async () => {
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'archon.local/web:v1' }] } };
    const deployment = { metadata: { name: 'web', labels }, spec: { replicas: 2, selector: { matchLabels: labels }, template } };
    await sent('post', path('apis/apps/v1/{ns}/deployments'), deployment);
    const pods = await eventually(
      async () => {
        const found = await rows('pods');
        return found.length === 2 && found.every(({ status }) => status === 'Running') && found;
      },
      { what: 'two running Pods in the index', timeoutMs: 60_000 },
    );
    await eventually(async () => (await row('deployments', 'web'))?.status === 'Running', { what: 'the Deployment to run' });
    for (const { body } of [...pods, ...(await rows('deployments'))]) expect(body.metadata).not.toHaveProperty('managedFields');
    const owned = await archon.database.query<{ name: string }>(
      `select p.name from objects p join objects s on p.owners @> array[s.uid]
         join objects d on s.owners @> array[d.uid] join indexed_namespaces n on n.id = d.namespace
       where d.name = 'web' and n.name = $1 order by p.name`,
      [namespace],
    );
    expect(owned.map(({ name }) => name)).toEqual(pods.map(({ name }) => name));
    await sent('delete', path('apis/apps/v1/{ns}/deployments', 'web'));
    await eventually(async () => (await rows('pods')).length === 0, { what: 'the Pods to go', timeoutMs: 60_000 });
  });

  it('has no value of a Secret or ConfigMap anywhere in the database', async () => {
    const canary = `canary-${randomBytes(12).toString('hex')}`;
    const encoded = Buffer.from(canary).toString('base64');
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ stringData: { password: canary } }),
      'example.org/copy': canary,
    };
    await sent('post', path('api/v1/{ns}/secrets'), { metadata: { name: 's', annotations }, stringData: { password: canary } });
    await sent('post', path('api/v1/{ns}/configmaps'), { metadata: { name: 's' }, data: { password: canary } });
    await within('both', async () => (await row('secrets', 's')) !== undefined && (await row('configmaps', 's')) !== undefined);
    expect((await row('secrets', 's'))?.body.data).toEqual({ password: null });
    expect(await tablesWith(archon.database, '""password"": null')).not.toEqual([]);
    expect([await tablesWith(archon.database, canary), await tablesWith(archon.database, encoded)]).toEqual([[], []]);
  });

  it('follows a custom resource from its definition on, and forgets it with it', { timeout: 180_000 }, async () => {
    const definitions = '/kubernetes/c2/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const version = { name: 'v1alpha1', served: true, storage: true, schema };
    const spec = {
      group: 'argoproj.io',
      scope: 'Namespaced',
      names: { plural: 'rollouts', singular: 'rollout', kind: 'Rollout', listKind: 'RolloutList' },
      versions: [version],
    };
    await sent('post', definitions, { metadata: { name: 'rollouts.argoproj.io' }, spec });
    const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'r' } };
    await eventually(async () => (await archon.client.post(path('apis/argoproj.io/v1alpha1/{ns}/rollouts'), object)).status === 201, {
      what: 'the definition to be served',
    });
    // A cluster is asked for its kinds every 40 s at most, and what it said is remembered for a minute.
    await eventually(async () => (await rows('rollouts')).length === 1, { what: 'the custom resource', timeoutMs: 110_000 });
    await sent('delete', `${definitions}/rollouts.argoproj.io`);
    await eventually(async () => (await rows('rollouts')).length === 0, { what: 'it to be forgotten' });
  });
});

describe('replicas and clusters that fail', () => {
  let archon: Archon;
  const clusters: RecordingApiServer[] = [];
  const replicas: Archon[] = [];
  beforeAll(async () => {
    archon = await Archon.start({ settings: SETTINGS });
  }, 120_000);
  afterAll(async () => {
    for (const replica of replicas) await replica.kill();
    await archon?.dispose();
    for (const cluster of clusters) await cluster.close();
  });

  async function recorded(): Promise<{ name: string; server: RecordingApiServer }> {
    const name = uniqueName('index');
    const server = await startRecordedCluster(archon, name);
    clusters.push(server);
    return { name, server };
  }
  const put = (server: RecordingApiServer, name: string) =>
    server.local.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
  const remove = (server: RecordingApiServer, name: string) => server.local.remove('v1', 'ConfigMap', 'default', name);
  const names = async (cluster: string) =>
    (await indexRows(archon.database, { cluster, resource: 'configmaps' })).map(({ name }) => name).join();
  const becomes = (cluster: string, expected: string, timeoutMs = 10_000) =>
    eventually(async () => (await names(cluster)) === expected, { what: `${cluster} to have ${expected} in the index`, timeoutMs });

  it('heals after the history of a cluster was lost', { timeout: 60_000 }, async () => {
    const { name, server } = await recorded();
    put(server, 'a');
    await becomes(name, 'a');
    server.local.dropWatches();
    remove(server, 'a');
    put(server, 'b');
    server.local.expireWatches();
    await becomes(name, 'b', 30_000);
  });

  it('is not held up by a cluster that is down, neither at the start nor later', { timeout: 60_000 }, async () => {
    const down = await recorded();
    await down.server.close();
    const { name, server } = await recorded();
    put(server, 'a');
    await becomes(name, 'a');
    await archon.kill();
    await archon.run();
    expect(archon.startMs).toBeLessThan(10_000);
    put(server, 'b');
    await becomes(name, 'a,b', TAKEOVER_MS);
  });

  it('is taken over within 15 s after its owner was killed, and nothing is missed', { timeout: 90_000 }, async () => {
    const { name, server } = await recorded();
    put(server, 'a');
    await becomes(name, 'a');
    const replica = await archon.replica();
    replicas.push(replica);
    await archon.kill();
    const begun = performance.now();
    put(server, 'b');
    remove(server, 'a');
    await becomes(name, 'b', TAKEOVER_MS);
    const tookMs = Math.round(performance.now() - begun);
    await archon.run();
    put(server, 'c');
    await becomes(name, 'b,c', LAG_MS);
    accept({ row: 'F-6', what: 'takeover of a cluster after SIGKILL of its owner', volume: '1 kill', result: `${tookMs} ms, 0 lost` });
  });

  it('writes nothing as a replica that was stopped and goes on after another one took over', { timeout: 90_000 }, async () => {
    const { name, server } = await recorded();
    put(server, 'a');
    await becomes(name, 'a');
    const holder = replicas.find(({ isRunning }) => isRunning) ?? archon;
    const other = holder === archon ? await archon.replica() : archon;
    if (holder === archon) replicas.push(other);
    process.kill(holder.pid, 'SIGSTOP');
    try {
      remove(server, 'a');
      put(server, 'b');
      await becomes(name, 'b', TAKEOVER_MS);
    } finally {
      process.kill(holder.pid, 'SIGCONT');
    }
    // The stopped one has the deletion of "a" still before it, and an old idea of what is there.
    put(server, 'a');
    await becomes(name, 'a,b', LAG_MS);
    const followed = async () => Object.keys(await reflectionStates(archon.database, name)).length;
    await eventually(async () => server.local.watches.count === (await followed()), { what: 'one replica alone to watch' });
    put(server, 'c');
    await becomes(name, 'a,b,c', LAG_MS);
  });

  it('forgets a cluster that is no longer registered', { timeout: 60_000 }, async () => {
    const { name, server } = await recorded();
    put(server, 'a');
    await becomes(name, 'a');
    expect((await archon.client.delete(`/acp/v1/clusters/${name}`)).status).toBeLessThan(300);
    const left = () => archon.database.query('select from indexed_clusters where cluster_id is null');
    await eventually(() => server.local.watches.count === 0, { what: 'the watches to end', timeoutMs: LAG_MS });
    await eventually(async () => (await left()).length === 0, { what: 'the rows to go', timeoutMs: 30_000 });
    for (const table of ['objects', 'object_bodies'])
      expect(await archon.database.query(`select from ${table} where cluster not in (select id from indexed_clusters)`)).toEqual([]);
  });
});
