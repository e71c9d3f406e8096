import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept, seed } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { uniqueName } from '../support/cluster-objects.js';
import { random } from '../support/random.js';
import { eventually } from '../support/wait-for.js';

const KEY = 'requests.example.org/unit';
const UNITS = 50;
const CREATES = 500;
const ROUNDS = 20;
const KILLS = 3;
/** How long anything may stay undecided after a replica was killed. */
const SETTLE_MS = 60_000;

let first: Archon;
let others: Archon[];
beforeAll(async () => {
  first = await Archon.start({ clusters: ['c2'], settings: { ARCHON_MAX_REQUESTS_PER_USER: '1000' } });
  others = await Promise.all([first.replica(), first.replica()]);
}, 60_000);
afterAll(async () => {
  await Promise.all((others ?? []).map((other) => other.kill()));
  await first?.dispose();
});

const claimed = async (project: string): Promise<number> => {
  const [row] = await first.database.query<{ nanos: string }>(
    'select coalesce(sum(c.amount), 0)::text as nanos from quota_claims c join namespaces n on n.cluster_id = c.cluster_id and n.name = c.namespace where n.project = $1',
    [project],
  );
  return Number(row?.nanos ?? 0) / 1e9;
};
const undecided = async (project: string): Promise<number> => {
  const [row] = await first.database.query<{ count: string }>(
    `select count(*) as count from namespaces where project = $1 and phase <> 'Active' and not is_inner`,
    [project],
  );
  return Number(row?.count ?? 0);
};
const inCluster = async (project: string): Promise<number> =>
  (await first.client.get<{ items: object[] }>(`/kubernetes/c2/api/v1/namespaces?labelSelector=cpaas.io/project=${project}`)).body.items
    .length;

async function round(pick: ReturnType<typeof random>): Promise<number> {
  const project = uniqueName('race');
  const spec = { clusters: [{ name: 'c2', quota: { [KEY]: String(UNITS) } }] };
  expect((await first.client.post('/acp/v1/projects', { metadata: { name: project }, spec })).status).toBe(201);
  const create = async (by: Archon, name: string) => {
    const answer = await by.client
      .post('/acp/v1/kubernetes/c2/general-namespaces', { project, name, quota: { [KEY]: '1' } })
      .catch(() => ({ status: 0 }));
    return answer.status;
  };
  let isRunning = true;
  let most = 0;
  const watching = (async () => {
    for (; isRunning; await sleep(20)) most = Math.max(most, await claimed(project));
  })();
  const replicas = [first, ...others];
  const statuses = Array.from({ length: CREATES }, (_, index) => create(replicas[index % replicas.length] as Archon, `n${index}`));
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(100 + pick.below(1500));
    const victim = pick.of(others);
    await victim.kill();
    await victim.run();
  }
  const answers = await Promise.all(statuses);
  // What a killed replica had begun is finished or undone by another, and what was undone can be had again.
  await eventually(async () => (await undecided(project)) === 0, {
    what: 'every create to be decided',
    timeoutMs: SETTLE_MS,
    intervalMs: 250,
  });
  for (let index = 0; (await claimed(project)) < UNITS; index++) expect(await create(first, `more${index}`)).toBe(200);
  expect(await create(first, 'one-too-many')).toBe(403);
  isRunning = false;
  await watching;
  expect([most, await claimed(project), await inCluster(project)]).toEqual([UNITS, UNITS, UNITS]);
  const { body } = await first.client.get<{ items: { allocated: Record<string, string> }[] }>(`/acp/v1/projects/${project}/quota`);
  expect(body.items[0]?.allocated).toEqual({ [KEY]: String(UNITS) });
  expect((await first.client.delete(`/acp/v1/projects/${project}?namespaces=delete`)).status).toBe(202);
  return answers.filter((status) => status === 0 || status >= 500).length;
}

it('F-9: of 500 creates at a time over three replicas, some of which are killed, exactly as many get a namespace as there are units', {
  timeout: 60_000 + ROUNDS * 120_000,
}, async () => {
  const number = seed();
  const pick = random(number);
  let brokenOff = 0;
  for (let turn = 0; turn < ROUNDS; turn++) brokenOff += await round(pick);
  accept({
    row: 'F-9',
    what: `${CREATES} parallel creates for a quota of ${UNITS} over 3 replicas, ${KILLS} of which are killed`,
    volume: `${ROUNDS} rounds`,
    result: `exactly ${UNITS} each time, never more; no claim was left; ${brokenOff} requests were broken off by kills`,
    seed: number,
  });
});
