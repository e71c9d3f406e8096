import { expect, inject, it } from 'vitest';
import { accept, volume } from '../support/acceptance.js';
import { type ForwardedArchon, startForwardedArchon } from '../support/forwarded-archon.js';
import { endedAt, openNamespace, operationAt, PROJECTS, type Site } from '../support/tenancy-site.js';
import type { OperationBody } from '../support/operations.js';
import { eventually } from '../support/wait-for.js';

interface Begun {
  kind: string;
  site: Site;
  path: string;
  method: 'POST' | 'DELETE';
  /** What the namespace is afterwards. */
  left: 200 | 404;
}
type Answer = OperationBody & { code?: number; details?: { operation?: string } };

const ROUNDS = volume({ ci: 1, nightly: 5 });
const ANSWER_WITHIN_MS = 8000;
const HEALED_WITHIN_MS = 30_000;
/** A lease ends ten seconds after the last sign of life. */
const RETRIED_WITHIN_MS = 20_000;

const root = ({ namespace }: Site) => `/acp/v1/kubernetes/r/namespaces/${namespace}`;
const all = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => Promise.all(items.map(work));

/** A namespace to be removed, one to be deleted, and projects in two clusters to be deleted in both ways. */
async function open({ archon }: ForwardedArchon): Promise<Begun[]> {
  const [removed, deleted, retained, ended] = await Promise.all([
    openNamespace(archon),
    openNamespace(archon),
    openNamespace(archon, ['c1']),
    openNamespace(archon, ['c1']),
  ]);
  return [
    { kind: 'RemoveNamespace', site: removed, method: 'POST', path: `${root(removed)}/remove`, left: 200 },
    { kind: 'DeleteNamespace', site: deleted, method: 'DELETE', path: root(deleted), left: 404 },
    { kind: 'DeleteProject', site: retained, method: 'DELETE', path: `${PROJECTS}/${retained.project}?namespaces=retain`, left: 200 },
    { kind: 'DeleteProject', site: ended, method: 'DELETE', path: `${PROJECTS}/${ended.project}?namespaces=delete`, left: 404 },
  ];
}

/** Of one moment: the operation's phase and who works on it, and how many claims the namespace has in the cluster that is down. */
async function look({ archon }: ForwardedArchon, { kind, site }: Begun): Promise<{ phase: string; owner: string; claims: number }> {
  const [found] = await archon.database.query<{ phase: string; owner: string; claims: number }>(
    `select o.phase, o.lease_owner::text as owner, (select count(*)::integer from quota_claims q join clusters c on c.id = q.cluster_id
        where c.name = 'r' and q.namespace = $2) as claims
     from operations o where o.kind = $1 and (o.namespace = $2 or o.name = $3)`,
    [kind, site.namespace, site.project],
  );
  if (found === undefined) throw new Error(`there is no ${kind} of ${site.namespace}`);
  return found;
}

/** Looks until the operation has succeeded; all that was seen. */
async function seenUntilSuccess(scene: ForwardedArchon, begun: Begun): Promise<string[]> {
  const seen = new Set<string>();
  const hasSucceeded = async () => {
    const { phase, claims } = await look(scene, begun);
    seen.add(`${phase} with ${claims} claims`);
    return phase === 'Succeeded';
  };
  await eventually(hasSucceeded, { what: `${begun.kind} to succeed`, timeoutMs: HEALED_WITHIN_MS, intervalMs: 100 });
  return [...seen];
}

async function outage(scene: ForwardedArchon, action: 'reset' | 'hang'): Promise<number> {
  const { archon, recorder } = scene;
  const begun = await open(scene);
  const down = recorder.on(() => true, { action });
  recorder.connections.resetAll();
  const ids = await all(begun, async ({ kind, method, path }) => {
    const begin = performance.now();
    const { status, body, text } = await archon.client.request<Answer>(method, path);
    expect(performance.now() - begin, kind).toBeLessThan(ANSWER_WITHIN_MS);
    expect([kind, status, body.phase], text).toEqual([kind, 202, 'Waiting']);
    expect(body.message, kind).toContain('"r"');
    // The same again is refused, and says by what.
    const again = await archon.client.request<Answer>(method, path);
    expect([kind, again.status]).toEqual([kind, 409]);
    return body.id;
  });
  // It outlives the process, and waits on with its cluster still away.
  await archon.kill();
  const before = await all(begun, (each) => look(scene, each));
  await archon.run();
  await all(begun, (each) => {
    const isTaken = async () => (await look(scene, each)).owner !== before[begun.indexOf(each)]?.owner;
    return eventually(isTaken, { what: `${each.kind} to be tried again`, timeoutMs: RETRIED_WITHIN_MS, intervalMs: 200 });
  });
  for (const [index, { kind, site }] of begun.entries()) {
    const shown = await operationAt(archon, kind, site);
    expect([kind, shown?.id, shown?.phase, shown?.message]).toEqual([kind, ids[index], 'Waiting', expect.stringContaining('"r"')]);
    const { body } = await archon.client.get<{ items: { cluster: string; allocated: object }[] }>(`${PROJECTS}/${site.project}/quota`);
    expect(body.items.find(({ cluster }) => cluster === 'r')?.allocated).toEqual({ 'limits.cpu': '2', pods: '5' });
  }
  // What concerns the other cluster is not held up.
  for (const { kind, site, left } of begun.filter(({ kind: of }) => of === 'DeleteProject')) {
    const isDone = async () => {
      const { status, body } = await archon.client.get<{ metadata: { labels: object } }>(
        `/kubernetes/c1/api/v1/namespaces/${site.namespace}`,
      );
      return left === 404 ? status === 404 : !('cpaas.io/project' in body.metadata.labels);
    };
    await eventually(isDone, { what: `${kind} to be done in the other cluster`, timeoutMs: HEALED_WITHIN_MS, intervalMs: 200 });
  }

  down.remove();
  const healed = performance.now();
  const seen = await all(begun, (each) => seenUntilSuccess(scene, each));
  const tookMs = performance.now() - healed;
  for (const [index, { kind, site, left }] of begun.entries()) {
    const allowed = ['Waiting with 2 claims', 'Succeeded with 0 claims'];
    expect([kind, seen[index]?.filter((moment) => !allowed.includes(moment))]).toEqual([kind, []]);
    expect((await endedAt(archon, kind, site)).phase).toBe('Succeeded');
    const live = await archon.client.get<{ metadata: { labels: object } }>(`/kubernetes/r/api/v1/namespaces/${site.namespace}`);
    expect([kind, live.status]).toEqual([kind, left]);
    if (left === 200) expect(live.body.metadata.labels).not.toHaveProperty('cpaas.io/project');
    if (kind === 'DeleteProject') expect((await archon.client.get(`${PROJECTS}/${site.project}`)).status).toBe(404);
  }
  return tookMs;
}

it.concurrent.each(['reset', 'hang'] as const)(
  'NS-10 NS-11 PRJ-6: a cluster that is down (%s) during removal and deletion is waited for, also over a SIGKILL, and holds its quota until then',
  { timeout: 90_000 + ROUNDS * 90_000 },
  async (action) => {
    const scene = await startForwardedArchon(inject('environment').clusters.c2, { ARCHON_CLUSTER_RESPONSE_TIMEOUT_MS: '2000' });
    try {
      await scene.archon.register(inject('environment').clusters.c1);
      let slowestMs = 0;
      for (let round = 0; round < ROUNDS; round++) slowestMs = Math.max(slowestMs, await outage(scene, action));
      accept({
        row: 'F-7',
        what: `a cluster that is down (${action}) during removal and deletion of namespaces and projects, and SIGKILL meanwhile`,
        volume: `4 operations × ${ROUNDS}`,
        result: `all finished ${(slowestMs / 1000).toFixed(1)} s after healing at most, claims held until then`,
      });
    } finally {
      await scene.close();
    }
  },
);
