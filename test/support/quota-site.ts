import { expect } from 'vitest';
import type { KubernetesBody } from './cluster-objects.js';
import { type ForwardedArchon, isChange } from './forwarded-archon.js';
import type { ClientResponse } from './http-client.js';
import { type Amounts, amountsOf, type Deed, type Model, sumOfOthers } from './quota-model.js';
import { eventually } from './wait-for.js';

export const NAMES = ['a', 'b', 'c'];
/** How long an operation may take to end after a fault, and a change past Archon to be found. */
export const SETTLE_MS = 45_000;
const CLAIMED =
  'select namespace, key, amount::text as nanos from quota_claims c join namespaces n on n.cluster_id = c.cluster_id and n.name = c.namespace';
const BUSY = `select id from operations where phase in ('Running', 'Waiting', 'Undoing')`;

/** A project in the cluster `r`. */
export interface Real extends ForwardedArchon {
  project: string;
}
/** What happens to the k-th change that reaches the cluster. */
export interface Fault {
  k: number;
  what: (typeof FAULTS)[number];
}
export const FAULTS = ['reset before', 'reset after', 'kill before', 'kill after'] as const;

export const nameOf = (project: string, name: string) => `${project}-${name}`;

export function send({ archon: { client }, project }: Real, deed: Deed, name: string, quota: object): Promise<ClientResponse<unknown>> {
  const cluster = '/acp/v1/kubernetes/r';
  const url = `${cluster}/namespaces/${nameOf(project, name)}`;
  switch (deed) {
    case 'create':
      return client.post(`${cluster}/general-namespaces`, { project, name, quota });
    case 'import':
      return client.put(`${cluster}/general-namespaces/${nameOf(project, name)}`, { project, quota });
    case 'update':
      return client.patch(url, { quota });
    case 'remove':
      return client.post(`${url}/remove`);
    case 'delete':
      return client.delete(url);
  }
}

export async function newestOperation({ archon, project }: Real, name: string): Promise<{ id: string; phase: string } | undefined> {
  const [newest] = await archon.database.query<{ id: string; phase: string }>(
    'select id, phase from operations where namespace = $1 order by created_at desc limit 1',
    [nameOf(project, name)],
  );
  return newest;
}

/** Sets a trap for the k-th change, and says when it has snapped; what it returns takes it away and brings Archon back. */
export function trap({ archon, recorder }: Real, { k, what }: Fault, onFired: (what: string) => void): () => Promise<void> {
  let changes = 0;
  let killed: Promise<void> | undefined;
  const hook = recorder.on(
    isChange,
    async () => {
      if (++changes !== k) return undefined;
      onFired(what);
      if (what.startsWith('kill')) await (killed = archon.kill());
      return { action: 'reset' };
    },
    { when: what.endsWith('before') ? 'before' : 'after' },
  );
  return async () => {
    hook.remove();
    if (killed === undefined) return;
    await killed;
    await archon.run();
  };
}

/** Compares ledger, API and cluster with the model. */
export async function compare(model: Model, { archon, project }: Real): Promise<void> {
  const held = Object.fromEntries([...model.held].map(([name, amounts]) => [nameOf(project, name), amounts]));
  const rows = await archon.database.query<{ namespace: string; key: string; nanos: string }>(`${CLAIMED} where n.project = $1`, [project]);
  const claims: Record<string, Amounts> = Object.fromEntries(Object.keys(held).map((name) => [name, {}]));
  for (const { namespace, key, nanos } of rows) claims[namespace] = { ...claims[namespace], [key]: Number(nanos) / 1e6 };
  expect(claims).toEqual(held);

  const { body } = await archon.client.get<{ items: { allocated: Record<string, string> }[] }>(`/acp/v1/projects/${project}/quota`);
  const allocated = amountsOf(body.items[0]?.allocated);
  for (const [key, most] of Object.entries(model.quota)) {
    expect(allocated[key] ?? 0, key).toBe(sumOfOthers(model, '', key));
    expect(allocated[key] ?? 0, key).toBeLessThanOrEqual(most);
  }

  for (const name of NAMES) {
    const path = `/kubernetes/r/api/v1/namespaces/${nameOf(project, name)}`;
    const live = await archon.client.get<KubernetesBody>(path);
    expect(live.status, name).toBe(model.live.has(name) ? 200 : 404);
    if (live.status === 404) continue;
    expect(live.body.metadata.labels?.['cpaas.io/project'], name).toBe(model.held.has(name) ? project : undefined);
    const asked = model.held.get(name);
    if (asked === undefined) continue;
    const quota = await archon.client.get<{ spec?: { hard?: Record<string, string> } }>(`${path}/resourcequotas/default`);
    expect(quota.status, name).toBe(200);
    expect(amountsOf(quota.body.spec?.hard), name).toEqual(asked);
  }
}

export const settled = ({ archon }: Real) =>
  eventually(async () => (await archon.database.query(BUSY)).length === 0, {
    what: 'all operations to end',
    timeoutMs: SETTLE_MS,
    intervalMs: 100,
  });
