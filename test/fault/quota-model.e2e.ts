import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { accept, seed, volume } from '../support/acceptance.js';
import { uniqueName } from '../support/cluster-objects.js';
import { type ForwardedArchon, startForwardedArchon } from '../support/forwarded-archon.js';
import {
  type Amounts,
  type Deed,
  due,
  fits,
  happen,
  type Model,
  PROJECT_QUOTA,
  sumOfOthers,
  WAYS,
  written,
} from '../support/quota-model.js';
import {
  compare,
  type Fault,
  FAULTS,
  nameOf,
  NAMES,
  newestOperation,
  type Real,
  send,
  SETTLE_MS,
  settled,
  trap,
} from '../support/quota-site.js';
import { eventually } from '../support/wait-for.js';

const RUNS = volume({ ci: 5, nightly: 20 });
const LENGTH = 24;

let forwarded: ForwardedArchon;
beforeAll(async () => {
  forwarded = await startForwardedArchon(inject('environment').clusters.c2);
}, 60_000);
afterAll(() => forwarded?.close());

const seen = new Map<string, number>();
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
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
    const release = this.fault && trap(real, this.fault, count);
    const answer = await send(real, deed, name, written(asked, this.way)).catch(() => undefined);
    await release?.();
    await settled(real);
    const after = await newestOperation(real, name);
    const outcome = after?.id === before?.id ? 'refused' : after?.phase;
    count(`${deed} ${outcome}`);
    // Where nothing came in between the answer is the one that is due; else what the operation says has happened.
    if (this.fault === undefined) expect(answer?.status, `${this.toString()}: ${answer?.text}`).toBe(status);
    // A refusal by quota tells how much is left.
    if (this.fault === undefined && status === 403) expect(answer?.text).toMatch(/\d\w* of \d\w* is available in the project/);
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

/** A namespace past Archon, with a quota of its own. */
class Foreign implements fc.AsyncCommand<Model, Real> {
  constructor(
    private readonly name: string,
    private readonly hard: Amounts,
  ) {}

  check = ({ live }: Readonly<Model>) => !live.has(this.name);

  async run(model: Model, real: Real): Promise<void> {
    const root = '/kubernetes/r/api/v1/namespaces';
    const name = nameOf(real.project, this.name);
    expect((await real.archon.client.post(root, { metadata: { name } })).status).toBe(201);
    const quota = { metadata: { name: 'default' }, spec: { hard: written(this.hard, 0) } };
    expect((await real.archon.client.post(`${root}/${name}/resourcequotas`, quota)).status).toBe(201);
    model.live.add(this.name);
    count('made past Archon');
    await compare(model, real);
  }

  toString = () => `foreign ${this.name} ${JSON.stringify(this.hard)}`;
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
      what: fc.constantFrom(...FAULTS),
    }),
  },
);
const changes = fc
  .tuple(fc.constantFrom<Deed>('create', 'create', 'import', 'update', 'remove', 'delete'), names, amounts, fc.nat(WAYS.length - 1), faults)
  .map(([deed, name, asked, way, fault]) => new Change(deed, name, asked, way, fault));
const commands = fc.commands(
  [
    ...Array.from({ length: 8 }, () => changes),
    fc.tuple(names, amounts).map(([name, asked]) => new Edit(name, asked)),
    fc.tuple(names, amounts).map(([name, asked]) => new Try(name, asked)),
    fc.tuple(names, amounts).map(([name, hard]) => new Foreign(name, hard)),
    amounts.map((less) => new Resize({ ...PROJECT_QUOTA, ...less })),
  ],
  { maxCommands: LENGTH, size: 'max' },
);

/** What each run begins with, so that none goes without: the way there and back, with a fault that is another one each time. */
const opening = (run: number): (Change | Edit | Foreign)[] => {
  const fault = { k: 3, what: FAULTS[run % FAULTS.length] ?? 'kill after' };
  const some: Amounts = { 'requests.cpu': 1000, pods: 2000 };
  return [
    new Change('create', 'a', some, 0, fault),
    new Change('delete', 'a', some, 0, undefined),
    new Change('create', 'a', some, 1, undefined),
    new Change('update', 'a', { ...some, 'requests.example.org/unit': 3000 }, 2, fault),
    new Change('update', 'a', { 'requests.cpu': 500 }, 0, undefined),
    new Change('update', 'a', { 'requests.cpu': 5000 }, 0, undefined),
    new Change('remove', 'a', {}, 0, undefined),
    new Change('import', 'a', some, 1, { ...fault, k: 2 }),
    new Change('import', 'a', some, 1, undefined),
    // Types that somebody else has set go too, in each of the ways in which a quota is written.
    new Edit('a', { 'requests.cpu': 5000, 'requests.example.org/unit': 1000 }),
    new Edit('a', { pods: 1000, 'requests.example.org/unit': 1000 }),
    new Change('update', 'a', { pods: 2000 }, 0, undefined),
    new Foreign('b', { configmaps: 5000, pods: 9000 }),
    new Change('import', 'b', { 'requests.cpu': 500 }, 0, undefined),
  ];
};
const MUST_BE_SEEN = [
  ...FAULTS,
  'create Succeeded',
  'create Undone',
  'update Succeeded',
  'update refused',
  'import Succeeded',
  'remove Succeeded',
  'edit put back',
  'edit counted',
];

it('F-9 NS-2 whatever is done to namespaces in whatever order, and whatever fails: ledger, cluster and model agree', {
  timeout: RUNS * 300_000,
}, async () => {
  const number = seed();
  let [done, run] = [0, 0];
  await fc.assert(
    fc.asyncProperty(commands, async (chosen) => {
      const project = uniqueName('model');
      const spec = { clusters: [{ name: 'r', quota: written(PROJECT_QUOTA, 0) }] };
      expect((await forwarded.archon.client.post('/acp/v1/projects', { metadata: { name: project }, spec })).status).toBe(201);
      const setup = () => ({
        model: { quota: PROJECT_QUOTA, held: new Map<string, Amounts>(), live: new Set<string>() },
        real: { ...forwarded, project },
      });
      const all = [...opening(run++), ...chosen];
      await fc.asyncModelRun(setup, all);
      done += all.length;
    }),
    // Each step takes seconds in a real cluster: a failure is told as it is.
    { seed: number, numRuns: RUNS, endOnFailure: true },
  );
  const outcomes = [...seen].toSorted().map(([what, times]) => `${what} ${times}`);
  expect(
    MUST_BE_SEEN.filter((what) => !seen.has(what)),
    outcomes.join(', '),
  ).toEqual([]);
  accept({
    row: 'F-9',
    what: 'random changes of namespaces and quotas with faults against a model',
    volume: `${RUNS} runs, ${done} changes`,
    result: `0 differences between ledger, API, cluster and model; ${outcomes.join(', ')}`,
    seed: number,
  });
});
