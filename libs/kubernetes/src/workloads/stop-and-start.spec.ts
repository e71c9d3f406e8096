import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes-object.js';
import { mergePatch } from '../merge-patch.js';
import { isStopped, settlePatch, startPatch, stopPatch } from './stop-and-start.js';
import { findWorkloadKind, type WorkloadKind } from './workload-kinds.js';

type Fields = Record<string, unknown>;
type PatchOf = (object: KubernetesObject, kind: WorkloadKind, domain: string) => object | undefined;

const KINDS = ['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'apps/ReplicaSet', 'batch/Job', 'batch/CronJob'];
const DOMAIN = 'cpaas.io';

function row(name: string): WorkloadKind {
  const [group = '', kind = ''] = name.split('/');
  const found = findWorkloadKind(group, kind);
  if (found === undefined) throw new Error(`${name} has no row`);
  return found;
}

const workload = (name: string, spec: Fields, annotations: Record<string, string> = {}, status: Fields = {}): KubernetesObject => {
  const { group, kind } = row(name);
  return { apiVersion: `${group}/v1`, kind, metadata: { name: 'web', annotations }, spec, status };
};

/** As an API server stores it: without maps that are empty. */
const stored = (value: unknown): unknown =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .map(([key, below]) => [key, stored(below)] as const)
          .filter(([, below]) => typeof below !== 'object' || below === null || Object.keys(below).length > 0),
      );

const after = (patchOf: PatchOf, name: string) => (object: KubernetesObject) => {
  const patch = patchOf(object, row(name), DOMAIN);
  return (patch === undefined ? object : mergePatch(object, patch)) as KubernetesObject;
};

/** A workload of a kind as a cluster holds it, whose defaults are filled in. */
function workloads(name: string, replicas: fc.Arbitrary<number>, suspend: fc.Arbitrary<boolean>): fc.Arbitrary<KubernetesObject> {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const labels = fc.dictionary(word, word, { maxKeys: 3 });
  const scaled = ['apps/Deployment', 'apps/StatefulSet', 'apps/ReplicaSet'].includes(name);
  const whenScaled = fc.constantFrom('Retain', 'Delete');
  return fc.record({ annotations: labels, nodeSelector: labels, replicas, suspend, whenScaled }).map((drawn) =>
    workload(
      name,
      {
        ...(scaled ? { replicas: drawn.replicas } : {}),
        ...(name.startsWith('batch/') ? { suspend: drawn.suspend } : {}),
        ...(name === 'apps/StatefulSet'
          ? { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: drawn.whenScaled } }
          : {}),
        template: { spec: { nodeSelector: drawn.nodeSelector, containers: [{ name: 'web', image: 'web' }] } },
      },
      drawn.annotations,
    ),
  );
}

describe.each(KINDS)('APP-10 %s', (name) => {
  const stop = after(stopPatch, name);
  const start = after(startPatch, name);
  const running = workloads(name, fc.integer({ min: 1, max: 5000 }), fc.constant(false));
  const any = workloads(name, fc.integer({ min: 0, max: 3 }), fc.boolean());

  it('that runs is stopped by stop, and by start again what it was', () => {
    fc.assert(
      fc.property(running, (object) => {
        const stopped = stop(object);
        expect([isStopped(object, row(name), DOMAIN), isStopped(stopped, row(name), DOMAIN)]).toEqual([false, true]);
        expect(stored(start(stopped))).toEqual(stored(object));
      }),
    );
  });

  it('in any state is stopped by stopping it once, and started by starting it once', () => {
    fc.assert(
      fc.property(any, (object) => {
        for (const each of [object, stop(object)]) {
          expect(stopPatch(stop(each), row(name), DOMAIN)).toBeUndefined();
          expect(startPatch(start(each), row(name), DOMAIN)).toBeUndefined();
        }
      }),
    );
  });
});

// No DaemonSet is bound to no node in this way by itself.
it.each(KINDS.filter((name) => name !== 'apps/DaemonSet'))('APP-10 %s that stands still by itself does so after stop and start', (name) => {
  fc.assert(
    fc.property(workloads(name, fc.constant(0), fc.constant(true)), (object) => {
      const again = after(startPatch, name)(after(stopPatch, name)(object));
      expect([isStopped(object, row(name), DOMAIN), isStopped(again, row(name), DOMAIN), again.spec]).toEqual([true, true, object.spec]);
    }),
  );
});

describe('APP-10 the patches', () => {
  const replicas = 'app.cpaas.io/replicas-before-stop';
  const suspend = 'app.cpaas.io/suspend-before-stop';
  const whenScaled = 'app.cpaas.io/when-scaled-before-stop';
  const annotated = (annotations: Fields, spec: Fields) => ({ metadata: { annotations }, spec });
  const policy = (value: string) => ({ persistentVolumeClaimRetentionPolicy: { whenScaled: value } });
  const nowhere = (value: string | null) => ({ spec: { template: { spec: { nodeSelector: { 'app.cpaas.io/stopped': value } } } } });

  it.each<[string, Fields, Record<string, string>, object | undefined]>([
    ['apps/Deployment', { replicas: 3 }, {}, annotated({ [replicas]: '3' }, { replicas: 0 })],
    ['apps/Deployment', { replicas: 0 }, {}, annotated({ [replicas]: '0' }, { replicas: 0 })],
    ['apps/Deployment', { replicas: 0 }, { [replicas]: '3' }, undefined],
    ['apps/Deployment', { replicas: 2 }, { [replicas]: '3' }, annotated({ [replicas]: '2' }, { replicas: 0 })],
    ['apps/Deployment', {}, {}, annotated({ [replicas]: '1' }, { replicas: 0 })],
    ['apps/StatefulSet', { replicas: 3, ...policy('Retain') }, {}, annotated({ [replicas]: '3' }, { replicas: 0 })],
    [
      'apps/StatefulSet',
      { replicas: 3, ...policy('Delete') },
      {},
      annotated({ [replicas]: '3', [whenScaled]: 'Delete' }, { replicas: 0, ...policy('Retain') }),
    ],
    ['apps/DaemonSet', {}, {}, nowhere('true')],
    ['apps/DaemonSet', nowhere('true').spec, {}, undefined],
    ['batch/CronJob', { suspend: false }, {}, annotated({ [suspend]: 'false' }, { suspend: true })],
    ['batch/CronJob', { suspend: true }, {}, annotated({ [suspend]: 'true' }, { suspend: true })],
    ['batch/Job', {}, {}, annotated({ [suspend]: 'false' }, { suspend: true })],
  ])('stop of %s %j %j', (name, spec, annotations, expected) =>
    expect(stopPatch(workload(name, spec, annotations), row(name), DOMAIN)).toEqual(expected),
  );

  it.each<[string, Fields, Record<string, string>, object | undefined]>([
    ['apps/Deployment', { replicas: 0 }, { [replicas]: '3' }, annotated({ [replicas]: null }, { replicas: 3 })],
    ['apps/Deployment', { replicas: 0 }, { [replicas]: '0' }, undefined],
    ['apps/Deployment', { replicas: 2 }, { [replicas]: '3' }, undefined],
    ['apps/Deployment', { replicas: 0 }, {}, { spec: { replicas: 1 } }],
    ['apps/DaemonSet', nowhere('true').spec, {}, nowhere(null)],
    ['apps/DaemonSet', { template: { spec: { nodeSelector: { disk: 'ssd' } } } }, {}, undefined],
    ['batch/CronJob', { suspend: true }, { [suspend]: 'false' }, annotated({ [suspend]: null }, { suspend: false })],
    ['batch/CronJob', { suspend: true }, { [suspend]: 'true' }, undefined],
    ['batch/CronJob', { suspend: true }, {}, { spec: { suspend: false } }],
  ])('start of %s %j %j', (name, spec, annotations, expected) =>
    expect(startPatch(workload(name, spec, annotations), row(name), DOMAIN)).toEqual(expected),
  );

  it.each(['', 'three', '-1', '1e3', '12345678901', '3 '])('a mark that is no number (%j) is none', (text) => {
    expect(startPatch(workload('apps/Deployment', { replicas: 0 }, { [replicas]: text }), row('apps/Deployment'), DOMAIN)).toEqual(
      annotated({ [replicas]: null }, { replicas: 1 }),
    );
  });

  it.each<[Fields, Record<string, string>, object | undefined]>([
    [{ replicas: 2, ...policy('Retain') }, { [replicas]: '3' }, { metadata: { annotations: { [replicas]: null } } }],
    [
      { replicas: 2, ...policy('Retain') },
      { [replicas]: '3', [whenScaled]: 'Delete' },
      annotated({ [replicas]: null, [whenScaled]: null }, policy('Delete')),
    ],
    [{ replicas: 0 }, { [replicas]: '3' }, undefined],
    [{ replicas: 2 }, { other: 'x' }, undefined],
  ])('after an update of %j %j', (spec, annotations, expected) =>
    expect(settlePatch(workload('apps/StatefulSet', spec, annotations), row('apps/StatefulSet'), DOMAIN)).toEqual(expected),
  );

  it.each(['Complete', 'Failed'])('a Job that has ended (%s) is left alone', (type) => {
    for (const suspended of [false, true]) {
      const job = workload('batch/Job', { suspend: suspended }, {}, { conditions: [{ type, status: 'True' }] });
      expect([stopPatch(job, row('batch/Job'), DOMAIN), startPatch(job, row('batch/Job'), DOMAIN)]).toEqual([undefined, undefined]);
    }
  });
});
