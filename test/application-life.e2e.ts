import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  ApplicationBed,
  application,
  cronJob,
  deployment,
  type Fields,
  type LifeVerb,
  REPLICAS_MARK,
  template,
} from './support/application-bed.js';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody } from './support/cluster-objects.js';
import { eventually } from './support/wait-for.js';

type Status = { reason: string; message: string; details: { causes: { field: string }[] } };

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

let bed: ApplicationBed;
beforeAll(async () => {
  const archon = await Archon.start({ clusters: ['c1', 'c2'] });
  bed = new ApplicationBed(archon, await createNamespace(archon.client, ['c1', 'c2'], 'life'));
});
afterAll(() => bed?.archon.dispose());

describe('APP-10 an application with every kind of workload, on a real node', () => {
  const label = { app: 'every-set' };
  const kinds: [string, string][] = [
    ['deployments', 'every'],
    ['statefulsets', 'every-set'],
    ['daemonsets', 'every-node'],
    ['replicasets', 'every-replica'],
    ['jobs', 'every-job'],
    ['cronjobs', 'every-night'],
  ];
  const asStored = async () =>
    Promise.all(
      kinds.map(async ([resource, name]) => {
        const { metadata, spec } = await bed.workload('c1', resource, name);
        // The API server counts the templates of a DaemonSet here.
        const { 'deprecated.daemonset.template.generation': _, ...annotations } = metadata.annotations ?? {};
        return { name, annotations, labels: metadata.labels, spec };
      }),
    );
  const alive = async () =>
    (await Promise.all(['every', 'every-set', 'every-node', 'every-replica', 'every-job'].map((app) => bed.podsOf('c1', app)))).map(
      (pods) => pods.length,
    );

  it('is stopped until no Pod is left, and started as it was', { timeout: 240_000 }, async () => {
    expect(inject('environment').clusters.c1.nodeUnavailable).toBeUndefined();
    const of = (kind: string, name: string, spec: Fields) => ({
      ...deployment(name, undefined, spec),
      kind,
      ...(kind === 'Job' ? { apiVersion: 'batch/v1' } : {}),
    });
    const name = await bed.create('c1', [
      deployment('every', 2),
      of('StatefulSet', 'every-set', { replicas: 2, serviceName: 'every-set', selector: { matchLabels: label } }),
      of('DaemonSet', 'every-node', { template: template('every-node', { nodeSelector: { 'kubernetes.io/os': 'linux' } }) }),
      of('ReplicaSet', 'every-replica', { replicas: 1 }),
      of('Job', 'every-job', { selector: undefined, template: template('every-job', { restartPolicy: 'Never' }) }),
      cronJob('every-night'),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'every' }, spec: { selector: { app: 'every' }, ports: [{ port: 80 }] } },
    ]);
    await bed.becomes('c1', name, 'Running');
    const [before, pods] = [await asStored(), await alive()];
    expect(pods).toEqual([2, 2, 1, 1, 1]);

    await bed.act('c1', name, 'stop');
    const stopped = await bed.becomes('c1', name, 'Stopped');
    expect(stopped.workloadsStatus.workloads.map(({ status, current }) => [status, current])).toEqual(kinds.map(() => ['Stopped', 0]));
    await eventually(async () => (await alive()).every((count) => count === 0), { what: 'all Pods to go', timeoutMs: 30_000 });

    await bed.act('c1', name, 'start');
    await bed.becomes('c1', name, 'Running');
    expect(await asStored()).toEqual(before);
    expect(await alive()).toEqual(pods);
    expect(await bed.operationsOf(name)).toEqual([
      'StartApplication Succeeded',
      'StopApplication Succeeded',
      'CreateApplication Succeeded',
    ]);
    expect((await bed.archon.client.delete(bed.path('c1', name))).status).toBe(204);
  });

  it('is restarted Pod by Pod, but for what is stopped', { timeout: 120_000 }, async () => {
    const name = await bed.create('c1', [deployment('again', 1), deployment('resting', 0), cronJob('nightly')]);
    await bed.becomes('c1', name, 'PartialRunning');
    const before = await bed.podsOf('c1', 'again');
    const [resting, nightly] = [await bed.workload('c1', 'deployments', 'resting'), await bed.workload('c1', 'cronjobs', 'nightly')];
    await bed.act('c1', name, 'restart');
    await eventually(
      async () => {
        const now = await bed.podsOf('c1', 'again');
        return now.length === 1 && now[0] !== before[0];
      },
      { what: 'another Pod in the place of the first', timeoutMs: 60_000 },
    );
    await bed.becomes('c1', name, 'PartialRunning');
    const { spec } = await bed.workload('c1', 'deployments', 'again');
    expect(Date.parse(String(spec.template?.metadata?.annotations?.[RESTARTED_AT]))).toBeGreaterThan(Date.now() - 60_000);
    expect((await bed.workload('c1', 'deployments', 'resting')).metadata.generation).toBe(resting.metadata.generation);
    expect((await bed.workload('c1', 'cronjobs', 'nightly')).metadata.generation).toBe(nightly.metadata.generation);
    expect((await bed.operationsOf(name))[0]).toBe('RestartApplication Succeeded');
    expect((await bed.archon.client.delete(bed.path('c1', name))).status).toBe(204);
  });

  it('APP-9 is updated by force for a ConfigMap that its Pods read, and rolls once', { timeout: 120_000 }, async () => {
    const settings = (greeting: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'greeter' }, data: { greeting } });
    const envFrom = [{ configMapRef: { name: 'greeter' } }];
    const greeter = deployment('greeter', 1, {
      template: template('greeter', { containers: [{ name: 'web', image: 'archon.local/web:v1', envFrom }] }),
    });
    const name = await bed.create('c1', [greeter, settings('hello')]);
    await bed.becomes('c1', name, 'Running');
    const replace = async (greeting: string, query = '') => {
      const answer = await bed.archon.client.put(`${bed.path('c1', name)}${query}`, application(name, [greeter, settings(greeting)]));
      expect(answer.status, answer.text).toBe(200);
      return (await bed.workload('c1', 'deployments', 'greeter')).metadata.generation;
    };
    const { generation } = (await bed.workload('c1', 'deployments', 'greeter')).metadata;
    const [before] = await bed.podsOf('c1', 'greeter');
    expect([await replace('good day'), await replace('good day', '?forceUpdatePod=false')]).toEqual([generation, generation]);
    expect([await replace('good evening', '?forceUpdatePod=true&dryRun=All')]).toEqual([generation]);
    expect(await replace('good evening', '?forceUpdatePod=true')).toBe(generation + 1);
    await eventually(
      async () => {
        const now = await bed.podsOf('c1', 'greeter');
        return now.length === 1 && now[0] !== before;
      },
      { what: 'a Pod that has read the change', timeoutMs: 60_000 },
    );
    // That it was rolled is no part of what the body says, and stays.
    expect(await replace('good night')).toBe(generation + 1);
    const patched = await bed.archon.client.patch(`${bed.path('c1', name)}?forceUpdatePod=true`, {
      metadata: { labels: { tier: 'front' } },
    });
    expect([patched.status, (await bed.workload('c1', 'deployments', 'greeter')).metadata.generation]).toEqual([200, generation + 2]);
    expect((await bed.archon.client.delete(bed.path('c1', name))).status).toBe(204);
  });
});

describe('APP-10 stop and start', () => {
  const versions = async (...names: string[]) =>
    Promise.all(names.map(async (name) => (await bed.workload('c2', 'deployments', name)).metadata.resourceVersion));
  const replicasOf = async (name: string) => {
    const { spec, metadata } = await bed.workload('c2', 'deployments', name);
    return [spec.replicas, metadata.annotations?.[REPLICAS_MARK]];
  };
  const scale = async (name: string, replicas: number) => {
    const answer = await bed.archon.client.patch(`${bed.objects('c2', 'deployments')}/${name}`, { spec: { replicas } });
    expect(answer.status, answer.text).toBe(200);
  };

  it('twice is as once, and makes no operation of nothing', async () => {
    const name = await bed.create('c2', [deployment('twice', 3), cronJob('twice', false)]);
    await bed.act('c2', name, 'stop');
    await bed.becomes('c2', name, 'Stopped');
    const stopped = await versions('twice');
    await bed.act('c2', name, 'stop');
    expect([await versions('twice'), await replicasOf('twice')]).toEqual([stopped, [0, '3']]);
    await bed.act('c2', name, 'start');
    await bed.becomes('c2', name, 'Running');
    const started = await versions('twice');
    await bed.act('c2', name, 'start');
    expect([await versions('twice'), await replicasOf('twice')]).toEqual([started, [3, undefined]]);
    expect((await bed.workload('c2', 'cronjobs', 'twice')).spec.suspend).toBe(false);
    expect(await bed.operationsOf(name)).toEqual([
      'StartApplication Succeeded',
      'StopApplication Succeeded',
      'CreateApplication Succeeded',
    ]);
  });

  it('brings what was scaled to none by hand to one replica, and leaves what was off before the stop', async () => {
    const name = await bed.create('c2', [deployment('hand-a', 3), deployment('hand-b', 2), cronJob('hand-off', true)]);
    await scale('hand-a', 0);
    await bed.becomes('c2', name, 'PartialRunning');
    await bed.act('c2', name, 'start');
    expect([await replicasOf('hand-a'), await replicasOf('hand-b')]).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
    expect((await bed.workload('c2', 'cronjobs', 'hand-off')).spec.suspend).toBe(false);

    await bed.archon.client.patch(`${bed.objects('c2', 'cronjobs')}/hand-off`, { spec: { suspend: true } });
    for (const verb of ['stop', 'start', 'start'] as const) await bed.act('c2', name, verb);
    expect([await replicasOf('hand-a'), await replicasOf('hand-b')]).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
    expect((await bed.workload('c2', 'cronjobs', 'hand-off')).spec.suspend).toBe(true);
    await bed.becomes('c2', name, 'PartialRunning');
  });

  it('leaves alone what belongs to another object: ReplicaSets of a Deployment', { timeout: 60_000 }, async () => {
    const single = { ...deployment('single', 1), kind: 'ReplicaSet' };
    const name = await bed.create('c2', [deployment('owner', 2), single]);
    await bed.becomes('c2', name, 'Running');
    const { body } = await bed.archon.client.get<KubernetesBody[]>(bed.path('c2', name));
    expect(body.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      `Application/${name}`,
      'Deployment/owner',
      'ReplicaSet/single',
    ]);
    for (const verb of ['stop', 'start'] as const) await bed.act('c2', name, verb);
    await bed.becomes('c2', name, 'Running');
    const put = await bed.archon.client.put(bed.path('c2', name), application(name, [deployment('owner', 2), single]));
    expect(put.status, put.text).toBe(200);
    expect((await bed.operationsOf(name))[0]).toBe('UpdateApplication Succeeded');
    expect(await bed.podsOf('c2', 'owner')).toHaveLength(2);
  });

  it('keeps the claims of a StatefulSet that lets them go when it is scaled down', { timeout: 90_000 }, async () => {
    // By whose leave they go: that of the StatefulSet, or of a Pod that is scaled away.
    const claims = async () => {
      const { body } = await bed.archon.client.get<{
        items: (KubernetesBody & { metadata: { deletionTimestamp?: string; ownerReferences?: { kind: string }[] } })[];
      }>(`${bed.objects('c2', 'persistentvolumeclaims')}?labelSelector=app%3Ddata`);
      return body.items.map(({ metadata: { uid, deletionTimestamp, ownerReferences } }) => ({
        uid,
        goes: deletionTimestamp !== undefined,
        owners: ownerReferences?.map(({ kind }) => kind),
      }));
    };
    const name = await bed.create('c2', [
      {
        ...deployment('data', 1, {
          serviceName: 'data',
          persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' },
          volumeClaimTemplates: [
            {
              metadata: { name: 'data', labels: { app: 'data' } },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
            },
          ],
        }),
        kind: 'StatefulSet',
      },
    ]);
    const before = await eventually(
      async () => {
        const made = await claims();
        return made[0]?.owners?.includes('StatefulSet') === true && (await bed.podsOf('c2', 'data')).length === 1 && made;
      },
      { what: 'the claim and its Pod' },
    );
    const { spec } = await bed.workload('c2', 'statefulsets', 'data');
    await bed.act('c2', name, 'stop');
    await bed.becomes('c2', name, 'Stopped');
    expect(await claims()).toEqual(before);
    await bed.act('c2', name, 'start');
    await eventually(async () => (await bed.podsOf('c2', 'data')).length === 1, { what: 'the Pod to come back' });
    expect([await claims(), (await bed.workload('c2', 'statefulsets', 'data')).spec]).toEqual([before, spec]);
  });

  it('is not undone by a HorizontalPodAutoscaler, which goes on from the replicas that come back', { timeout: 90_000 }, async () => {
    const name = await bed.create('c2', [
      deployment('scaled', 3),
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'scaled' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' },
          minReplicas: 2,
          maxReplicas: 5,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
        },
      },
    ]);
    await bed.becomes('c2', name, 'Running');
    await bed.act('c2', name, 'stop');
    await eventually(
      async () => {
        const autoscaler = await bed.workload('c2', 'horizontalpodautoscalers', 'scaled');
        const conditions = (autoscaler.status.conditions ?? []) as { type: string; status: string; reason: string }[];
        return conditions.some(({ type, status, reason }) => `${type} ${status} ${reason}` === 'ScalingActive False ScalingDisabled');
      },
      { what: 'the autoscaler to see that it is off', timeoutMs: 40_000 },
    );
    expect(await replicasOf('scaled')).toEqual([0, '3']);
    await bed.act('c2', name, 'start');
    expect((await replicasOf('scaled'))[0]).toBe(3);
    await bed.becomes('c2', name, 'Running');
  });
});

describe('APP-10 bad input changes nothing', () => {
  it.each<LifeVerb>(['start', 'stop', 'restart'])('an application that is not there (%s)', async (verb) => {
    const answer = await bed.archon.client.post<Status>(`${bed.path('c2', 'absent')}/${verb}`);
    expect([answer.status, answer.body.reason]).toEqual([404, 'NotFound']);
  });

  it('a dry run, whatever is asked', async () => {
    const name = await bed.create('c2', [deployment('tried', 2)]);
    const before = (await bed.workload('c2', 'deployments', 'tried')).metadata.generation;
    for (const verb of ['stop', 'start', 'restart'])
      expect((await bed.archon.client.post(`${bed.path('c2', name)}/${verb}?dryRun=All`)).status).toBe(204);
    expect((await bed.workload('c2', 'deployments', 'tried')).metadata.generation).toBe(before);
    for (const [method, url] of [
      ['POST', `${bed.path('c2', name)}/stop?dryRun=Some`],
      ['POST', `${bed.path('c2', name)}/stop?force=true`],
      ['PUT', `${bed.path('c2', name)}?forceUpdatePod=maybe`],
    ] as const) {
      const refused = await bed.archon.client.request<Status>(method, url, method === 'PUT' ? application(name, []) : undefined);
      expect([url, refused.status, refused.body.reason]).toEqual([url, 422, 'Invalid']);
    }
    expect((await bed.workload('c2', 'deployments', 'tried')).metadata.generation).toBe(before);
    expect(await bed.operationsOf(name)).toEqual(['CreateApplication Succeeded']);
  });

  it('a caller who may not change one of the workloads, or not even see it', async () => {
    const user = 'runner@example.org';
    const client = await bed.archon.as(user);
    const rbac = `/kubernetes/c2/apis/rbac.authorization.k8s.io/v1/namespaces/${bed.namespace}`;
    const rules = [
      { apiGroups: ['app.k8s.io'], resources: ['applications'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'patch'] },
      { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['list'] },
    ];
    await bed.archon.client.post(`${rbac}/roles`, { metadata: { name: 'runner' }, rules });
    await bed.archon.client.post(`${rbac}/rolebindings`, {
      metadata: { name: 'runner' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'runner' },
      subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
    });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'unseen' } };
    const name = await bed.create('c2', [deployment('guarded', 2), cronJob('guarded'), secret]);
    const refused = await client.post<Status>(`${bed.path('c2', name)}/stop`);
    expect([refused.status, refused.body.details.causes.map(({ field }) => field)]).toEqual([403, ['CronJob.batch "guarded"']]);
    expect((await bed.workload('c2', 'deployments', 'guarded')).spec.replicas).toBe(2);
    const hidden = await bed.create('c2', [deployment('hidden', 2), { ...deployment('hidden-too', 1), kind: 'ReplicaSet' }]);
    const unseen = await client.post<Status>(`${bed.path('c2', hidden)}/stop`);
    expect([unseen.status, unseen.body.message]).toEqual([
      409,
      expect.stringContaining('of kind ReplicaSet cannot be read, so none is changed'),
    ]);
    expect((await bed.workload('c2', 'deployments', 'hidden')).spec.replicas).toBe(2);
    // What is no workload may stay unseen.
    const fine = await bed.create('c2', [deployment('fine', 2), { ...secret, metadata: { name: 'fine' } }]);
    expect((await client.post(`${bed.path('c2', fine)}/stop`)).status).toBe(204);
    expect((await bed.workload('c2', 'deployments', 'fine')).spec.replicas).toBe(0);
  });

  it('a Deployment that is paused can not be restarted, and is told by name', async () => {
    const name = await bed.create('c2', [deployment('busy', 1), deployment('paused', 1, { paused: true })]);
    const before = (await bed.workload('c2', 'deployments', 'busy')).metadata.generation;
    for (const answer of [
      await bed.archon.client.post<Status>(`${bed.path('c2', name)}/restart`),
      await bed.archon.client.patch<Status>(`${bed.path('c2', name)}?forceUpdatePod=true`, { metadata: { labels: { tier: 'front' } } }),
    ])
      expect([answer.status, answer.body.message]).toEqual([409, expect.stringContaining('Deployment.apps "paused" is paused')]);
    expect((await bed.workload('c2', 'deployments', 'busy')).metadata.generation).toBe(before);
  });
});
