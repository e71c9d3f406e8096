import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseQuantity } from '#kubernetes';
import { accept, seed, volume } from '../support/acceptance.js';
import { type KubernetesBody, uniqueName } from '../support/cluster-objects.js';
import { type ForwardedArchon, isChange, startForwardedArchon } from '../support/forwarded-archon.js';
import type { ClientResponse } from '../support/http-client.js';
import { eventually } from '../support/wait-for.js';

const RUNS = volume({ ci: 5, nightly: 60 });
const LENGTH = 32;
const NAMES = ['a', 'b', 'c'];
/** How long an operation may take to end after a fault, and a change past Archon to be found. */
const SETTLE_MS = 45_000;
const CLAIMED =
  'select namespace, key, amount::text as nanos from quota_claims c join namespaces n on n.cluster_id = c.cluster_id and n.name = c.namespace';
const BUSY = `select id from operations where phase in ('Running', 'Waiting', 'Undoing')`;

/** Thousandths, by quota type. */
type Amounts = Record<string, number>;
const PROJECT_QUOTA: Amounts = { 'requests.cpu': 4000, pods: 20_000, 'requests.example.org/unit': 10_000 };

/** What must hold, told without knowing how it is done. */
interface Model {
  quota: Amounts;
  /** The namespaces of the project, with what each has claimed. */
  held: Map<string, Amounts>;
  /** All that exist in the cluster. */
  live: Set<string>;
}
interface Real extends ForwardedArchon {
  project: string;
}
/** What happens to the k-th change that reaches the cluster. */
interface Fault {
  k: number;
  what: 'reset before' | 'reset after' | 'kill before' | 'kill after';
}
type Deed = 'create' | 'import' | 'update' | 'remove' | 'delete';

let forwarded: ForwardedArchon;
beforeAll(async () => {
  forwarded = await startForwardedArchon(inject('environment').clusters.c2);
}, 60_000);
afterAll(() => forwarded?.close());

const seen = new Map<string, number>();
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
const nameOf = (project: string, name: string) => `${project}-${name}`;

const sumOfOthers = ({ held }: Model, but: string, key: string): number =>
  [...held].reduce((sum, [name, amounts]) => sum + (name === but ? 0 : (amounts[key] ?? 0)), 0);
const fits = (model: Model, name: string, asked: Amounts): boolean =>
  Object.entries(model.quota).every(([key, most]) => {
    const left = most - sumOfOthers(model, name, key);
    // A type of which nothing is left blocks a namespace that is new to the project.
    return (asked[key] ?? 0) <= left && (model.held.has(name) || left > 0);
  });

/** The status that is due. */
function due(deed: Deed, model: Model, name: string, asked: Amounts): number {
  const [isHeld, isLive] = [model.held.has(name), model.live.has(name)];
  const quota = fits(model, name, asked) ? 200 : 403;
  switch (deed) {
    case 'create':
      return isHeld ? 409 : quota === 403 ? 403 : isLive ? 409 : 200;
    case 'import':
      return !isLive ? 404 : isHeld ? 409 : quota;
    case 'update':
      return isHeld ? quota : 404;
    default:
      return isHeld ? 202 : 404;
  }
}

function happen(deed: Deed, model: Model, name: string, asked: Amounts): void {
  if (deed === 'remove' || deed === 'delete') model.held.delete(name);
  else model.held.set(name, asked);
  if (deed === 'create') model.live.add(name);
  if (deed === 'delete') model.live.delete(name);
}

/** The same amount in one of the ways in which it can be written. */
const written = (amounts: Amounts, way: number): Record<string, string> =>
  Object.fromEntries(
    Object.entries(amounts).map(([key, millis]) => [key, way % 2 === 0 || millis % 1000 !== 0 ? `${millis}m` : `${millis / 1000}`]),
  );
const amountsOf = (hard: Record<string, string> = {}): Amounts =>
  Object.fromEntries(Object.entries(hard).map(([key, text]) => [key, Number(parseQuantity(text)) / 1e6]));

function send({ archon: { client }, project }: Real, deed: Deed, name: string, quota: object): Promise<ClientResponse<unknown>> {
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

async function newestOperation({ archon, project }: Real, name: string): Promise<{ id: string; phase: string } | undefined> {
  const [newest] = await archon.database.query<{ id: string; phase: string }>(
    'select id, phase from operations where namespace = $1 order by created_at desc limit 1',
    [nameOf(project, name)],
  );
  return newest;
}

/** Sets a trap for the k-th change; what it returns takes it away and brings Archon back. */
function trap({ archon, recorder }: Real, { k, what }: Fault): () => Promise<void> {
  let changes = 0;
  let killed: Promise<void> | undefined;
  const hook = recorder.on(
    isChange,
    async () => {
      if (++changes !== k) return undefined;
      count(what);
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
async function compare(model: Model, { archon, project }: Real): Promise<void> {
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
    expect(amountsOf(quota.body.spec?.hard), name).toEqual(asked);
  }
}

const settled = ({ archon }: Real) =>
  eventually(async () => (await archon.database.query(BUSY)).length === 0, {
    what: 'all operations to end',
    timeoutMs: SETTLE_MS,
    intervalMs: 100,
  });

class Change implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly deed: Deed,
    private readonly name: string,
    private readonly asked: Amounts,
    private readonly way: number,
    private readonly fault: Fault | undefined,
  ) {}

  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const { deed, name, asked } = this;
    const status = due(deed, model, name, asked);
    const before = await newestOperation(real, name);
    const release = this.fault && trap(real, this.fault);
    const answer = await send(real, deed, name, written(asked, this.way)).catch(() => undefined);
    await release?.();
    await settled(real);
    const after = await newestOperation(real, name);
    const outcome = after?.id === before?.id ? 'refused' : after?.phase;
    count(`${deed} ${outcome}`);
    // Where nothing came in between the answer is the one that is due; else what the operation says has happened.
    if (this.fault === undefined) expect(answer?.status, `${this.toString()}: ${answer?.text}`).toBe(status);
    if (status >= 300) expect(['refused', 'Undone'], this.toString()).toContain(outcome);
    else
      expect(this.fault === undefined ? ['Succeeded'] : ['Succeeded', 'Undone'], `${this.toString()}: ${answer?.text}`).toContain(outcome);
    if (outcome === 'Succeeded') happen(deed, model, name, asked);
    await compare(model, real);
  }

  toString = () => `${this.deed} ${this.name} ${JSON.stringify(this.asked)}${this.fault ? ` (${this.fault.what} ${this.fault.k})` : ''}`;
}

/** Of the project's quota: not below what is claimed. */
class Resize implements fc.AsyncCommand<Model, Real> {
  constructor(private readonly quota: Amounts) {}

  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const isEnough = Object.entries(this.quota).every(([key, most]) => most >= sumOfOthers(model, '', key));
    const spec = { clusters: [{ name: 'r', quota: written(this.quota, 0) }] };
    const { status, text } = await real.archon.client.patch(`/acp/v1/projects/${real.project}`, { spec });
    expect(status < 300, text).toBe(isEnough);
    if (!isEnough) expect(status, text).toBeLessThan(500);
    count(`resize ${isEnough ? 'done' : 'refused'}`);
    if (isEnough) model.quota = this.quota;
    await compare(model, real);
  }

  toString = () => `resize ${JSON.stringify(this.quota)}`;
}

/** Past Archon: counts where the project has enough left, and is put back where not. */
class Edit implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly name: string,
    private readonly asked: Amounts,
  ) {}

  check = ({ held }: Readonly<Model>) => held.has(this.name);

  async run(model: Model, real: Real): Promise<void> {
    const url = `/kubernetes/r/api/v1/namespaces/${nameOf(real.project, this.name)}/resourcequotas/default`;
    const nothing = Object.fromEntries(Object.keys(PROJECT_QUOTA).map((key) => [key, null]));
    const patch = { spec: { hard: { ...nothing, ...written(this.asked, 0) } } };
    expect((await real.archon.client.patch(url, patch)).status).toBe(200);
    const counts = fits(model, this.name, this.asked);
    if (counts) model.held.set(this.name, this.asked);
    count(`edit ${counts ? 'counted' : 'put back'}`);
    await eventually(async () => compare(model, real).then(() => true), {
      what: `${this.toString()} to be found`,
      timeoutMs: SETTLE_MS,
      intervalMs: 500,
    });
  }

  toString = () => `edit ${this.name} ${JSON.stringify(this.asked)}`;
}

/** Asks whether it would fit, and changes nothing. */
class Try implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly name: string,
    private readonly asked: Amounts,
  ) {}

  check = ({ held, live }: Readonly<Model>) => !held.has(this.name) && !live.has(this.name);

  async run(model: Model, real: Real): Promise<void> {
    const body = { project: real.project, name: this.name, quota: written(this.asked, 1) };
    const { status, text } = await real.archon.client.post('/acp/v1/kubernetes/r/general-namespaces?dryRun=All', body);
    expect(status, text).toBe(fits(model, this.name, this.asked) ? 200 : 403);
    count(`try ${status}`);
    await compare(model, real);
  }

  toString = () => `try ${this.name} ${JSON.stringify(this.asked)}`;
}

const names = fc.constantFrom(...NAMES);
const amounts: fc.Arbitrary<Amounts> = fc.record(
  {
    'requests.cpu': fc.integer({ min: 0, max: 12 }).map((quarters) => quarters * 250),
    pods: fc.integer({ min: 0, max: 12 }).map((pods) => pods * 1000),
    'requests.example.org/unit': fc.integer({ min: 0, max: 6 }).map((units) => units * 1000),
  },
  { requiredKeys: [] },
);
const faults: fc.Arbitrary<Fault | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.record({
      k: fc.integer({ min: 1, max: 8 }),
      what: fc.constantFrom('reset before', 'reset after', 'kill before', 'kill after'),
    }),
  },
);
const changes = fc
  .tuple(fc.constantFrom<Deed>('create', 'create', 'import', 'update', 'remove', 'delete'), names, amounts, fc.nat(1), faults)
  .map(([deed, name, asked, way, fault]) => new Change(deed, name, asked, way, fault));
const commands = fc.commands(
  [
    ...Array.from({ length: 8 }, () => changes),
    fc.tuple(names, amounts).map(([name, asked]) => new Edit(name, asked)),
    fc.tuple(names, amounts).map(([name, asked]) => new Try(name, asked)),
    amounts.map((less) => new Resize({ ...PROJECT_QUOTA, ...less })),
  ],
  { maxCommands: LENGTH, size: 'max' },
);

it('F-9 NS-2 whatever is done to namespaces in whatever order, and whatever fails: ledger, cluster and model agree', {
  timeout: RUNS * 300_000,
}, async () => {
  const number = seed();
  let done = 0;
  await fc.assert(
    fc.asyncProperty(commands, async (chosen) => {
      const project = uniqueName('model');
      const spec = { clusters: [{ name: 'r', quota: written(PROJECT_QUOTA, 0) }] };
      expect((await forwarded.archon.client.post('/acp/v1/projects', { metadata: { name: project }, spec })).status).toBe(201);
      const setup = () => ({
        model: { quota: PROJECT_QUOTA, held: new Map<string, Amounts>(), live: new Set<string>() },
        real: { ...forwarded, project },
      });
      await fc.asyncModelRun(setup, chosen);
      done += [...chosen].length;
    }),
    // Each step takes seconds in a real cluster: a failure is told as it is.
    { seed: number, numRuns: RUNS, endOnFailure: true },
  );
  const outcomes = [...seen].toSorted().map(([what, times]) => `${what} ${times}`);
  expect(seen.get('create Succeeded') ?? 0, outcomes.join(', ')).toBeGreaterThan(0);
  accept({
    row: 'F-9',
    what: 'random changes of namespaces and quotas with faults against a model',
    volume: `${RUNS} runs, ${done} changes`,
    result: `0 differences between ledger, API, cluster and model; ${outcomes.join(', ')}`,
    seed: number,
  });
});
