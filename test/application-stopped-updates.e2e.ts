import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplicationBed, application, deployment, type Fields, REPLICAS_MARK, template } from './support/application-bed.js';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody } from './support/cluster-objects.js';

let bed: ApplicationBed;
beforeAll(async () => {
  const archon = await Archon.start({ clusters: ['c1', 'c2'] });
  bed = new ApplicationBed(archon, await createNamespace(archon.client, ['c1', 'c2'], 'life'));
});
afterAll(() => bed?.archon.dispose());

describe('APP-10 an update of a stopped application', () => {
  const image = (name: string, text: string, replicas?: number) => {
    const made = deployment(name, replicas);
    made.spec.template.spec.containers = [{ name: 'web', image: text }];
    return made;
  };
  const daemonSet = (name: string, nodeSelector: Fields) => ({
    ...deployment(name, undefined, { template: template(name, { nodeSelector }) }),
    kind: 'DaemonSet',
  });
  const state = async (name: string) => {
    const { spec, metadata } = await bed.workload('c2', 'deployments', name);
    const [container] = spec.template?.spec.containers as { image: string }[];
    return [spec.replicas, metadata.annotations?.[REPLICAS_MARK], container?.image];
  };
  const V1 = 'archon.local/web:v1';
  const V2 = 'archon.local/web:v2';

  it('keeps it stopped where the body says nothing of that, and the start finds what was before', async () => {
    const name = await bed.create('c2', [image('silent', V1, 3), daemonSet('silent-nodes', { disk: 'ssd' })]);
    await bed.act('c2', name, 'stop');
    const put = await bed.archon.client.put(
      bed.path('c2', name),
      application(name, [image('silent', V2), daemonSet('silent-nodes', { disk: 'nvme' })]),
    );
    expect(put.status, put.text).toBe(200);
    expect(await state('silent')).toEqual([0, '3', V2]);
    expect((await bed.workload('c2', 'daemonsets', 'silent-nodes')).spec.template?.spec.nodeSelector).toEqual({
      disk: 'nvme',
      'app.cpaas.io/stopped': 'true',
    });
    const patched = await bed.archon.client.patch(bed.path('c2', name), { metadata: { annotations: { note: 'still stopped' } } });
    expect(patched.status, patched.text).toBe(200);
    await bed.becomes('c2', name, 'Stopped');
    await bed.act('c2', name, 'start');
    expect(await state('silent')).toEqual([3, undefined, V2]);
    expect((await bed.workload('c2', 'daemonsets', 'silent-nodes')).spec.template?.spec.nodeSelector).toEqual({ disk: 'nvme' });
  });

  it('starts what the body gives replicas, and nothing is remembered of the stop', async () => {
    const name = await bed.create('c2', [image('spoken', V1, 3), image('other', V1, 2)]);
    await bed.act('c2', name, 'stop');
    const put = await bed.archon.client.put(bed.path('c2', name), application(name, [image('spoken', V1, 5), image('other', V1)]));
    expect(put.status, put.text).toBe(200);
    expect([await state('spoken'), await state('other')]).toEqual([
      [5, undefined, V1],
      [0, '2', V1],
    ]);
    await bed.becomes('c2', name, 'PartialRunning');
    await bed.act('c2', name, 'start');
    expect([await state('spoken'), await state('other')]).toEqual([
      [5, undefined, V1],
      [2, undefined, V1],
    ]);
    // What start brought back is there for a JSON patch, and stays where an update is silent.
    const operations = [{ op: 'replace', path: '/spec/componentTemplates/0/spec/replicas', value: 4 }];
    const patched = await bed.archon.client.patch(bed.path('c2', name), operations, { 'content-type': 'application/json-patch+json' });
    expect(patched.status, patched.text).toBe(200);
    const { body } = await bed.archon.client.get<KubernetesBody[]>(bed.path('c2', name));
    expect((await state(body[1]?.metadata.name ?? ''))[0]).toBe(4);
    expect((await bed.archon.client.put(bed.path('c2', name), application(name, [image('spoken', V2), image('other', V2)]))).status).toBe(
      200,
    );
    expect([(await state('spoken'))[0], (await state('other'))[0]].toSorted()).toEqual(
      [4, body[1]?.metadata.name === 'other' ? 5 : 2].toSorted(),
    );
  });

  it('by force rolls nothing of it', async () => {
    const name = await bed.create('c2', [image('forced', V1, 2)]);
    await bed.act('c2', name, 'stop');
    const put = await bed.archon.client.put(`${bed.path('c2', name)}?forceUpdatePod=true`, application(name, [image('forced', V1)]));
    expect(put.status, put.text).toBe(200);
    expect((await bed.workload('c2', 'deployments', 'forced')).spec.template?.metadata?.annotations).toBeUndefined();
    expect(await state('forced')).toEqual([0, '2', V1]);
  });
});
