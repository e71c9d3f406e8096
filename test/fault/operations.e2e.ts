import path from 'node:path';
import { openLab } from '#lab';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createNamespace, type KubernetesBody, listObjects } from '../support/cluster-objects.js';
import { type ForwardedArchon, isChange, startForwardedArchon } from '../support/forwarded-archon.js';
import type { TestCluster } from '../support/global-setup.js';
import type { OperationBody } from '../support/operations.js';
import type { RecordedRequest } from '../support/recording-api-server-record.js';
import { eventually } from '../support/wait-for.js';

type Status = { code: number; message: string; details: { operation: string; cluster: string } };

const NAMES = ['a', 'b', 'c', 'd', 'e'];
/** An Application, its five components, and the mark that it is assembled. */
const CREATE_STEPS = 7;
const RECOVERED_WITHIN_MS = 30_000;

const configMap = (name: string, value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } });
const application = (value: string, names = NAMES) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name: 'shop' },
  spec: { componentTemplates: names.map((name) => configMap(name, value)) },
});

/** An Archon whose way to a real cluster leads through a recorder, and a namespace of its own there. */
class Scene {
  private constructor(
    private readonly forwarded: ForwardedArchon,
    readonly ns: string,
  ) {}

  static async open(cluster: TestCluster, settings: Record<string, string> = {}): Promise<Scene> {
    const forwarded = await startForwardedArchon(cluster, settings);
    return new Scene(forwarded, await createNamespace(forwarded.archon.client, ['r'], 'ops'));
  }

  get archon() {
    return this.forwarded.archon;
  }

  get recorder() {
    return this.forwarded.recorder;
  }

  get path(): string {
    return `/acp/v1/kubernetes/r/namespaces/${this.ns}/applications`;
  }

  get client() {
    return this.archon.client;
  }

  /** Name and value of each object of the namespace, sorted. */
  async contents(): Promise<string[]> {
    const objects = await listObjects(this.client, 'r', this.ns);
    return objects.map(({ metadata, data }: KubernetesBody) => `${metadata.name ?? ''}=${data?.value ?? ''}`).sort();
  }

  async newestOperation(): Promise<OperationBody> {
    const { body } = await this.client.get<{ items: OperationBody[] }>('/acp/v1/operations?limit=1');
    const [newest] = body.items;
    if (newest === undefined) throw new Error('there is no operation');
    return newest;
  }

  /** The newest operation, once it has ended. */
  ended(timeoutMs = RECOVERED_WITHIN_MS): Promise<OperationBody> {
    return eventually(
      async () => {
        const operation = await this.newestOperation();
        return ['Succeeded', 'Undone', 'Failed'].includes(operation.phase) && operation;
      },
      { what: 'the operation to end', timeoutMs, intervalMs: 100 },
    );
  }

  /** Runs `action` at the k-th change that reaches the cluster (from 1), before it has an effect or after. */
  atChange(k: number, when: 'before' | 'after', action: () => void | Promise<void>): void {
    let seen = 0;
    const callback = async (request: RecordedRequest) => {
      if (isChange(request) && ++seen === k) await action();
    };
    if (when === 'before') this.recorder.beforeEach = callback;
    else this.recorder.afterEach = callback;
  }

  /** The cluster fails from the k-th change on, whatever it is asked, until the outage is removed. */
  fromChange(k: number, action: 'reset' | 'hang'): { remove: () => void } {
    let seen = 0;
    return this.recorder.on(
      () => true,
      (request) => {
        if (isChange(request)) seen++;
        return seen >= k ? { action } : undefined;
      },
    );
  }

  close(): Promise<void> {
    return this.forwarded.close();
  }
}

async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Ends Archon with SIGKILL at the given point of `action`, starts it again, and waits for the operation to end. */
async function killedAt(scene: Scene, k: number, when: 'before' | 'after', action: () => Promise<unknown>): Promise<OperationBody> {
  const killed = Promise.withResolvers<void>();
  scene.atChange(k, when, async () => {
    await scene.archon.kill();
    killed.resolve();
  });
  const answered = () => Promise.reject(new Error(`it was answered before change ${k}`));
  const broken = () => undefined;
  await Promise.all([killed.promise, action().then(answered, broken)]);
  scene.recorder.beforeEach = undefined;
  scene.recorder.afterEach = undefined;
  await scene.archon.run();
  return scene.ended();
}

const POINTS = Array.from({ length: CREATE_STEPS }, (_, i) => [`before ${i + 1}`, `after ${i + 1}`]).flat();
const parsePoint = (point: string): ['before' | 'after', number] => [
  point.startsWith('before') ? 'before' : 'after',
  Number(point.split(' ')[1]),
];

describe('SIGKILL', () => {
  it('at every step of a creation leaves a finished or an undone application within 30 s of the restart', {
    timeout: 300_000,
  }, async () => {
    const outcomes: Record<string, string> = {};
    await inParallel(POINTS, 4, async (point) => {
      const scene = await Scene.open(inject('environment').clusters.c2);
      try {
        const [when, k] = parsePoint(point);
        const { phase, steps } = await killedAt(scene, k, when, () => scene.client.post(scene.path, application('1')));
        const contents = await scene.contents();
        outcomes[point] = `${phase} ${contents.join(' ')}`.trim();
        if (phase === 'Undone')
          expect(
            steps.map((step) => step.state),
            point,
          ).toEqual(steps.map(() => 'Undone'));
        // Nothing is locked: the same application can be made again when it isn't there.
        if (phase === 'Undone') expect((await scene.client.post(scene.path, application('2'))).status, point).toBe(200);
      } finally {
        await scene.close();
      }
    });
    const finished = `Succeeded ${[...NAMES.map((name) => `${name}=1`), 'shop='].join(' ')}`;
    // The effect of the last step may be there and its record not: then it is undone, as nobody was told of success.
    for (const point of POINTS) expect([point, outcomes[point]]).toEqual([point, expect.toBeOneOf(['Undone', finished])]);
  });

  it('in the middle of an update leaves the old or the new application, never a mixture', { timeout: 300_000 }, async () => {
    const before = [...NAMES.map((name) => `${name}=1`), 'shop='];
    const after = [...['a', 'b', 'c', 'f'].map((name) => `${name}=2`), 'shop='];
    // Application, the new f, the changed a, b, c; then d and e are deleted.
    await inParallel(['before 1', 'after 2', 'before 4', 'after 5', 'before 6', 'after 6', 'before 7', 'after 7'], 4, async (point) => {
      const scene = await Scene.open(inject('environment').clusters.c2);
      try {
        expect((await scene.client.post(scene.path, application('1'))).status).toBe(200);
        const [when, k] = parsePoint(point);
        const { phase } = await killedAt(scene, k, when, () =>
          scene.client.put(`${scene.path}/shop`, application('2', ['a', 'b', 'c', 'f'])),
        );
        expect([point, phase, await scene.contents()]).toEqual([point, phase, phase === 'Undone' ? before : after]);
        expect(['Undone', 'Succeeded']).toContain(phase);
        expect([point, phase]).toEqual([point, k >= 6 ? 'Succeeded' : 'Undone']);
      } finally {
        await scene.close();
      }
    });
  });

  it('in the middle of a deletion: it is finished', { timeout: 300_000 }, async () => {
    await inParallel(['before 1', 'after 1', 'before 3', 'after 6'], 4, async (point) => {
      const scene = await Scene.open(inject('environment').clusters.c2);
      try {
        expect((await scene.client.post(scene.path, application('1'))).status).toBe(200);
        const [when, k] = parsePoint(point);
        const { phase } = await killedAt(scene, k, when, () => scene.client.delete(`${scene.path}/shop`));
        expect([point, phase, await scene.contents()]).toEqual([point, 'Succeeded', []]);
      } finally {
        await scene.close();
      }
    });
  });
});

describe('SIGKILL while objects are created together', () => {
  const RESOURCES = '/acp/v1/resources/r/resources';
  const resources = (ns: string) => NAMES.map((name) => ({ ...configMap(name, '1'), metadata: { name, namespace: ns } }));
  const points = NAMES.flatMap((_, index) => [`before ${index + 1}`, `after ${index + 1}`]);

  it('leaves all or none of them within 30 s of the restart, whenever it comes', { timeout: 300_000 }, async () => {
    await inParallel(points, 4, async (point) => {
      const scene = await Scene.open(inject('environment').clusters.c2);
      try {
        const [when, k] = parsePoint(point);
        const { kind, phase } = await killedAt(scene, k, when, () => scene.client.post(RESOURCES, resources(scene.ns)));
        // After the last one too: nobody was told of success, and its record was not written.
        expect([point, kind, phase, await scene.contents()]).toEqual([point, 'CreateResources', 'Undone', []]);
        // What was created is deleted, not written again.
        const written = scene.recorder.requests.filter(({ method, url }) => method === 'PATCH' && url.includes(scene.ns));
        expect([point, written.map(({ url }) => url)]).toEqual([point, []]);
        expect([point, (await scene.client.post(RESOURCES, resources(scene.ns))).status]).toEqual([point, 204]);
      } finally {
        await scene.close();
      }
    });
  });

  it('an object that somebody makes after the trial stays as it is, and the others go', { timeout: 60_000 }, async () => {
    const scene = await Scene.open(inject('environment').clusters.c2);
    try {
      const [, , third] = resources(scene.ns);
      const theirs = { ...third, data: { value: 'theirs' } };
      scene.atChange(3, 'before', async () => {
        expect((await scene.client.post(RESOURCES, [theirs])).status).toBe(204);
      });
      const answer = await scene.client.post<Status>(RESOURCES, resources(scene.ns));
      expect([answer.status, answer.body.message]).toEqual([409, expect.stringContaining('"c" already exists; nothing was changed')]);
      expect(await scene.contents()).toEqual(['c=theirs']);
    } finally {
      await scene.close();
    }
  });
});

describe('APP-10 SIGKILL while workloads are stopped, started or updated', () => {
  const deployment = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'archon.local/web:v1' }] } },
    },
  });
  const workloads = ['a', 'b', 'c'];
  const shop = { ...application(''), spec: { componentTemplates: workloads.map(deployment) } };
  const running = workloads.map((name) => `${name} 2`);
  const stopped = workloads.map((name) => `${name} 0, was 2`);
  const states = async (scene: Scene) =>
    (await listObjects(scene.client, 'r', scene.ns))
      .filter(({ metadata }) => workloads.includes(metadata.name ?? ''))
      .map((object) => {
        const before = object.metadata.annotations?.['app.cpaas.io/replicas-before-stop'];
        const { replicas } = (object as unknown as { spec: { replicas: number } }).spec;
        return `${object.metadata.name} ${replicas}${before === undefined ? '' : `, was ${before}`}`;
      });
  const cases = workloads.flatMap((_, index) =>
    ['before', 'after'].flatMap((when) => ['stop', 'start'].map((verb) => [verb, `${when} ${index + 1}`] as const)),
  );

  it('of a stop or start: it is finished within 30 s of the restart, and the way back is not lost', { timeout: 300_000 }, async () => {
    await inParallel(cases, 4, async ([verb, point]) => {
      const scene = await Scene.open(inject('environment').clusters.c2);
      const act = (which: string) => scene.client.post(`${scene.path}/shop/${which}`);
      try {
        expect((await scene.client.post(scene.path, shop)).status).toBe(200);
        if (verb === 'start') expect((await act('stop')).status).toBe(204);
        const [when, k] = parsePoint(point);
        const { kind, phase } = await killedAt(scene, k, when, () => act(verb));
        const [expectedKind, expected] = verb === 'stop' ? ['StopApplication', stopped] : ['StartApplication', running];
        expect([verb, point, kind, phase, await states(scene)]).toEqual([verb, point, expectedKind, 'Succeeded', expected]);
        expect([verb, point, (await act('start')).status, await states(scene)]).toEqual([verb, point, 204, running]);
      } finally {
        await scene.close();
      }
    });
  });

  it('in the middle of an update gives back the replicas that there were, whoever has set them', { timeout: 90_000 }, async () => {
    const scene = await Scene.open(inject('environment').clusters.c2);
    try {
      expect((await scene.client.post(scene.path, shop)).status).toBe(200);
      const scaled = await scene.client.patch(`/kubernetes/r/apis/apps/v1/namespaces/${scene.ns}/deployments/a/scale`, {
        spec: { replicas: 5 },
      });
      expect(scaled.status, scaled.text).toBe(200);
      const three = workloads.map((name) => ({ ...deployment(name), spec: { ...deployment(name).spec, replicas: 3 } }));
      const { phase } = await killedAt(scene, 3, 'after', () =>
        scene.client.put(`${scene.path}/shop`, { ...shop, spec: { componentTemplates: three } }),
      );
      expect([phase, await states(scene)]).toEqual(['Undone', ['a 5', 'b 2', 'c 2']]);
    } finally {
      await scene.close();
    }
  });

  it('a cluster that dies in the middle of a stop: it is finished when the cluster is back', { timeout: 90_000 }, async () => {
    const scene = await Scene.open(inject('environment').clusters.c2, { ARCHON_CLUSTER_RESPONSE_TIMEOUT_MS: '1000' });
    try {
      expect((await scene.client.post(scene.path, shop)).status).toBe(200);
      const outage = scene.fromChange(2, 'reset');
      const answer = await scene.client.post<Status>(`${scene.path}/shop/stop`);
      expect([answer.status, answer.body.message]).toEqual([503, expect.stringContaining('undone or finished in the background')]);
      outage.remove();
      const { kind, phase } = await scene.ended();
      expect([kind, phase, await states(scene)]).toEqual(['StopApplication', 'Succeeded', stopped]);
    } finally {
      await scene.close();
    }
  });
});

describe('a cluster that dies in the middle', () => {
  let scene: Scene;
  beforeAll(async () => void (scene = await Scene.open(inject('environment').clusters.c2, { ARCHON_CLUSTER_RESPONSE_TIMEOUT_MS: '1000' })));
  afterAll(() => scene?.close());

  it.each(['reset', 'hang'] as const)(
    'of a creation (%s): the answer names the operation, which waits, and undoes when the cluster is back',
    { timeout: 90_000 },
    async (action) => {
      const outage = scene.fromChange(4, action);
      const begin = performance.now();
      const answer = await scene.client.post<Status>(scene.path, application('1'));
      expect(performance.now() - begin).toBeLessThan(8000);
      expect([answer.status, answer.body.details.cluster, answer.body.message]).toEqual([
        action === 'hang' ? 504 : 503,
        'r',
        expect.stringContaining('undone or finished in the background'),
      ]);
      const waiting = await scene.client.get<OperationBody>(`/acp/v1/operations/${answer.body.details.operation}`);
      expect(['Waiting', 'Undoing']).toContain(waiting.body.phase);
      expect(waiting.body.steps.slice(0, 3).map((step) => step.state)).toEqual(['Done', 'Done', 'Done']);
      const locked = await scene.client.post<Status>(scene.path, application('1'));
      expect([503, 504]).toContain(locked.status);

      outage.remove();
      const { phase } = await scene.ended();
      expect([phase, await scene.contents()]).toEqual(['Undone', []]);
    },
  );

  it('of a deletion: it is finished when the cluster is back', { timeout: 90_000 }, async () => {
    expect((await scene.client.post(scene.path, application('1'))).status).toBe(200);
    const outage = scene.fromChange(3, 'reset');
    expect((await scene.client.delete(`${scene.path}/shop`)).status).toBe(503);
    outage.remove();
    const { phase, kind } = await scene.ended();
    expect([kind, phase, await scene.contents()]).toEqual(['DeleteApplication', 'Succeeded', []]);
  });
});

it('a real API server that is paused while it has the request: what it does late is undone too', { timeout: 120_000 }, async () => {
  const lab = await openLab({ state: path.join(inject('environment').state, 'paused'), lifetime: 'process' });
  const plane = await lab.controlPlane('paused');
  const scene = await Scene.open(plane, { ARCHON_CLUSTER_RESPONSE_TIMEOUT_MS: '1000' });
  try {
    scene.atChange(4, 'before', () => plane.pause());
    const answer = await scene.client.post<Status>(scene.path, application('1'));
    expect([answer.status, answer.body.details.cluster]).toEqual([504, 'r']);
    plane.resume();
    const { phase } = await scene.ended();
    expect([phase, await scene.contents()]).toEqual(['Undone', []]);
  } finally {
    await scene.close();
    await lab.stop({ purge: true });
  }
});

it('two replicas: an operation is taken over by the other, and never worked on by both', { timeout: 120_000 }, async () => {
  const scene = await Scene.open(inject('environment').clusters.c2);
  const other = await scene.archon.replica();
  try {
    const killed = Promise.withResolvers<void>();
    scene.atChange(4, 'after', async () => {
      await scene.archon.kill();
      killed.resolve();
    });
    await Promise.all([killed.promise, scene.client.post(scene.path, application('1')).catch(() => undefined)]);
    const done = await eventually(
      async () => {
        const { body } = await other.client.get<{ items: OperationBody[] }>('/acp/v1/operations?limit=1');
        return body.items[0]?.phase === 'Undone';
      },
      { what: 'the other replica to undo it', timeoutMs: RECOVERED_WITHIN_MS, intervalMs: 100 },
    );
    expect(done).toBe(true);
    expect((await listObjects(other.client, 'r', scene.ns)).map((object) => object.metadata.name)).toEqual([]);
  } finally {
    await other.kill();
    await scene.close();
  }
});
