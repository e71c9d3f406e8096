import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { accept, volume } from '../support/acceptance.js';
import type { Archon } from '../support/archon.js';
import { type ForwardedArchon, isChange, startForwardedArchon } from '../support/forwarded-archon.js';
import type { OperationBody } from '../support/operations.js';
import type { RecordedRequest } from '../support/recording-api-server-record.js';
import {
  endedAt,
  FORM,
  GENERAL,
  openForeign,
  openNamespace,
  openProject,
  operationsNamed,
  PROJECTS,
  type Site,
  stateOf,
} from '../support/tenancy-site.js';

type Answer = Promise<{ status: number; body: OperationBody; text: string }>;

interface Deed {
  requirement: string;
  kind: string;
  /** Which of the two ways to do it. */
  how?: string;
  /** A place where it can be done. */
  open: (archon: Archon) => Promise<Site>;
  act: (archon: Archon, site: Site) => Answer;
  /** Whether its steps look until a namespace is gone. */
  looks: boolean;
}

const root = ({ namespace }: Site) => `/acp/v1/kubernetes/r/namespaces/${namespace}`;
const NEXT = {
  quota: { 'limits.cpu': '1', 'requests.memory': '1Gi' },
  limitRange: { default: { cpu: '250m' }, defaultRequest: { cpu: '50m' }, max: { cpu: '1' } },
  labels: { tier: 'silver', team: 'red' },
  podSecurity: { enforce: 'restricted', warn: 'restricted' },
};
const DEEDS: Deed[] = [
  {
    requirement: 'NS-6',
    kind: 'CreateNamespace',
    open: (archon) => openProject(archon),
    act: ({ client }, { project, namespace }) => client.post(GENERAL, { project, name: namespace, ...FORM }),
    looks: false,
  },
  {
    requirement: 'NS-7',
    kind: 'ImportNamespace',
    open: openForeign,
    act: ({ client }, { project, namespace }) => client.put(`${GENERAL}/${namespace}`, { project, ...NEXT }),
    looks: false,
  },
  {
    requirement: 'NS-13',
    kind: 'UpdateNamespace',
    open: (archon) => openNamespace(archon),
    act: ({ client }, site) => client.patch(root(site), NEXT),
    looks: false,
  },
  {
    requirement: 'NS-10',
    kind: 'RemoveNamespace',
    open: (archon) => openNamespace(archon),
    act: ({ client }, site) => client.post(`${root(site)}/remove`),
    looks: false,
  },
  {
    requirement: 'NS-11',
    kind: 'DeleteNamespace',
    open: (archon) => openNamespace(archon),
    act: ({ client }, site) => client.delete(root(site)),
    looks: true,
  },
  ...(['retain', 'delete'] as const).map(
    (how): Deed => ({
      requirement: 'PRJ-6',
      kind: 'DeleteProject',
      how,
      open: (archon) => openNamespace(archon),
      act: ({ client }, { project }) => client.delete(`${PROJECTS}/${project}?namespaces=${how}`),
      looks: how === 'delete',
    }),
  ),
];
/** In each every second step is died before, the others after; in the next the other way round. */
const PASSES = volume({ ci: 1, nightly: 5 });
const RECOVERED_WITHIN_MS = 30_000;

let folder: string;
let settings: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'archon-tenancy-'));
  const file = path.join(folder, 'registry.json');
  await writeFile(file, JSON.stringify({ auths: { 'registry.example.org': { auth: 'YTpi' } } }));
  settings = { ARCHON_PULL_SECRET_FILE: file, ARCHON_CLUSTER_RESPONSE_TIMEOUT_MS: '25000' };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Whether a request belongs to the steps of an operation: its changes, and in a deletion the looks whether something is gone. */
const isStepOf = ({ looks, kind }: Deed, { project, namespace }: Site) => {
  const names = kind === 'DeleteProject' ? [project, namespace] : [namespace];
  const isOfObject = ({ path: of }: RecordedRequest) => of.split('/').some((part) => names.includes(part));
  const isMirror = ({ method, path: of }: RecordedRequest) => method === 'PATCH' && of.includes('/projectquotas/');
  const isLook = ({ method, path: of }: RecordedRequest) =>
    looks && method === 'GET' && names.some((name) => of === `/api/v1/namespaces/${name}`);
  return (request: RecordedRequest) => isOfObject(request) && !isMirror(request) && (isChange(request) || isLook(request));
};

/** Does it undisturbed: its steps, each of which is one request, and what holds afterwards. */
async function undisturbed({ archon, recorder }: ForwardedArchon, deed: Deed): Promise<{ steps: OperationBody['steps']; whole: unknown }> {
  const site = await deed.open(archon);
  const begun = recorder.requests.length;
  const { status, text } = await deed.act(archon, site);
  expect([200, 202], text).toContain(status);
  const { phase, steps } = await endedAt(archon, deed.kind, site);
  expect(phase).toBe('Succeeded');
  const requests = recorder.requests.slice(begun).filter(isStepOf(deed, site));
  // By their queries differ the two patches of a quota: what is applied, and what else it had.
  expect(new Set(requests.map(({ method, url }) => `${method} ${url}`)).size, JSON.stringify(steps)).toBe(steps.length);
  return { steps, whole: await stateOf(archon, site) };
}

/** What becomes of an operation that is cut off at this step: only what was applied can be taken back. */
const endOf = ({ name }: OperationBody['steps'][number]) => (name === 'apply' ? 'Undone' : 'Succeeded');

const ends = (steps: OperationBody['steps']) => {
  const undone = steps.filter((step) => endOf(step) === 'Undone').length;
  return [[undone, 'undone'] as const, [steps.length - undone, 'finished'] as const]
    .flatMap(([count, how]) => (count === 0 ? [] : [`${count} ${how}`]))
    .join(', ');
};

interface Point {
  site: Site;
  /** Which step, from 1. */
  k: number;
  /** Before the request has an effect, or after it and before its answer. */
  when: 'before' | 'after';
}

/** Begins the operation at each site, kills Archon when each has come to its own point, and starts it again. */
async function killedAt({ archon, recorder }: ForwardedArchon, deed: Deed, points: readonly Point[]): Promise<void> {
  const killed = Promise.withResolvers<void>();
  const held = points.map(({ site, k, when }) => {
    const reached = Promise.withResolvers<void>();
    const isStep = isStepOf(deed, site);
    let seen = 0;
    const hook = recorder.on(
      (request) => isStep(request) && ++seen === k,
      async () => {
        reached.resolve();
        await killed.promise;
        return { action: 'reset' };
      },
      { when },
    );
    return { hook, reached: reached.promise };
  });
  const answers = points.map(({ site, k, when }) =>
    deed.act(archon, site).then(
      ({ text }) => Promise.reject(new Error(`it was answered although it was held ${when} step ${k}: ${text}`)),
      () => undefined,
    ),
  );
  await Promise.all([
    ...answers,
    Promise.all(held.map(({ reached }) => reached)).then(async () => {
      await archon.kill();
      killed.resolve();
    }),
  ]);
  for (const { hook } of held) hook.remove();
  await archon.run();
}

describe('SIGKILL at every step', () => {
  it.each(DEEDS)(
    '$requirement $kind: it is whole or undone within 30 s of the restart',
    { timeout: 120_000 + PASSES * 60_000 },
    async (deed) => {
      const scene = await startForwardedArchon(inject('environment').clusters.c1, settings);
      const { archon } = scene;
      try {
        const { steps, whole } = await undisturbed(scene, deed);
        let slowestMs = 0;
        for (let pass = 0; pass < PASSES; pass++) {
          const points = await Promise.all(
            steps.map(async (_, index): Promise<Point> => {
              return { site: await deed.open(archon), k: index + 1, when: (steps.length - index + pass) % 2 === 0 ? 'before' : 'after' };
            }),
          );
          const before = await Promise.all(points.map(({ site }) => stateOf(archon, site)));
          await killedAt(scene, deed, points);
          const begin = performance.now();
          const ended = await Promise.all(points.map(({ site }) => endedAt(archon, deed.kind, site, RECOVERED_WITHIN_MS)));
          slowestMs = Math.max(slowestMs, performance.now() - begin);
          for (const [index, { site, k, when }] of points.entries()) {
            const { id, phase, message } = ended[index] as OperationBody;
            const point = `${when} step ${k}`;
            const end = endOf(steps[k - 1]!);
            expect([point, phase, message]).toEqual([point, end, end === 'Undone' ? expect.any(String) : '']);
            expect([point, await stateOf(archon, site)]).toEqual([point, phase === 'Undone' ? before[index] : whole]);
            if (phase === 'Undone') expect([point, await operationsNamed(archon, site)]).not.toContain(id);
          }
        }
        accept({
          row: 'F-7',
          what: `SIGKILL before or after each step of ${deed.kind}${deed.how === undefined ? '' : ` (${deed.how})`}`,
          volume: `${steps.length} steps × ${PASSES}`,
          result: `${ends(steps)}, nothing left over, after ${(slowestMs / 1000).toFixed(1)} s at most`,
        });
      } finally {
        await scene.close();
      }
    },
  );
});
