import { describe, expect, it } from 'vitest';
import { restartOf, restorable, settleOf, startOf, stopOf, updated, workloadsLast } from './application-life.js';

type Fields = Record<string, unknown>;

const DOMAIN = 'cpaas.io';
const NOW = new Date('2026-11-27T20:00:00.000Z');
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const REPLICAS = 'app.cpaas.io/replicas-before-stop';

function component(kind: string, name: string, spec: Fields = {}, metadata: Fields = {}, status: Fields = {}) {
  const apiVersion = kind.endsWith('Job') ? 'batch/v1' : kind === 'ConfigMap' ? 'v1' : 'apps/v1';
  const ref = { group: '', version: 'v1', resource: `${kind.toLowerCase()}s`, namespace: 'a', name };
  return { ref, object: { apiVersion, kind, metadata: { name, ...metadata }, spec, status } };
}
const names = (components: readonly { ref: { name: string } }[]) => components.map(({ ref }) => ref.name);
const finished = component('Job', 'migrate', {}, {}, { conditions: [{ type: 'Complete', status: 'True' }] });

describe('APP-10 stopOf', () => {
  it('patches what runs, marks what stands still by itself, and leaves the rest', () => {
    const components = [component('Deployment', 'web', { replicas: 3 }), component('Deployment', 'off', { replicas: 0 })];
    const patches = stopOf([...components, component('ConfigMap', 'settings'), finished], DOMAIN);
    expect(patches.map(({ ref, patch }) => [ref.name, patch])).toEqual([
      ['web', { metadata: { annotations: { [REPLICAS]: '3' } }, spec: { replicas: 0 } }],
      ['off', { metadata: { annotations: { [REPLICAS]: '0' } }, spec: { replicas: 0 } }],
    ]);
  });

  it('has nothing to do, and nothing to remember, where everything stands still or nothing can', () => {
    expect(stopOf([component('Deployment', 'off', { replicas: 0 }), finished], DOMAIN)).toEqual([]);
    expect(stopOf([component('ConfigMap', 'settings')], DOMAIN)).toEqual([]);
  });
});

it('APP-10 startOf patches only what stands still', () => {
  const stopped = component('Deployment', 'web', { replicas: 0 }, { annotations: { [REPLICAS]: '3' } });
  const patches = startOf([stopped, component('Deployment', 'on', { replicas: 2 }), component('ConfigMap', 'settings')], DOMAIN);
  expect(patches.map(({ ref, patch }) => [ref.name, patch])).toEqual([
    ['web', { metadata: { annotations: { [REPLICAS]: null } }, spec: { replicas: 3 } }],
  ]);
});

describe('APP-10 restartOf', () => {
  it('rolls the kinds whose Pods are replaced, where they run', () => {
    const running = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob'].map((kind) =>
      component(kind, kind, { replicas: 1 }),
    );
    const patches = restartOf([...running, component('Deployment', 'off', { replicas: 0 })], DOMAIN, NOW);
    expect(names(patches)).toEqual(['Deployment', 'StatefulSet', 'DaemonSet']);
    expect(patches[0]?.patch).toEqual({ spec: { template: { metadata: { annotations: { [RESTARTED_AT]: NOW.toISOString() } } } } });
  });

  it('refuses what would wait with it, unless it is stopped', () => {
    expect(() => restartOf([component('Deployment', 'web', { replicas: 1, paused: true })], DOMAIN, NOW)).toThrow(
      /Deployment\.apps "web" is paused.*resume it first/,
    );
    expect(restartOf([component('Deployment', 'web', { replicas: 0, paused: true })], DOMAIN, NOW)).toEqual([]);
  });
});

describe('APP-9 an update of a workload', () => {
  const restarted = { template: { metadata: { annotations: { [RESTARTED_AT]: 'earlier' } } } };
  const update = (wanted: Fields, live: Fields, rollAt?: Date, kind = 'Deployment') =>
    updated({ ...component(kind, 'web', wanted), live: component(kind, 'web', live).object }, DOMAIN, rollAt).object.spec;
  const rolledAt = { template: { metadata: { annotations: { [RESTARTED_AT]: NOW.toISOString() } } } };

  it.each<[string, Fields, Fields, Fields]>([
    ['keeps its replicas', {}, { replicas: 3 }, { replicas: 3 }],
    ['keeps it stopped', { minReadySeconds: 1 }, { replicas: 0 }, { replicas: 0, minReadySeconds: 1 }],
    ['has the replicas of the body', { replicas: 2 }, { replicas: 0 }, { replicas: 2 }],
    ['does not roll what was rolled before', { replicas: 2 }, { replicas: 2, ...restarted }, { replicas: 2, ...restarted }],
  ])('%s', (_, wanted, live, expected) => expect(update(wanted, live)).toEqual(expected));

  it('keeps a DaemonSet stopped whose body has another node selector', () => {
    const selector = (nodeSelector: Fields) => ({ template: { spec: { nodeSelector } } });
    const stopped = { 'app.cpaas.io/stopped': 'true' };
    expect(update(selector({ disk: 'ssd' }), selector(stopped), undefined, 'DaemonSet')).toEqual(selector({ disk: 'ssd', ...stopped }));
  });

  it('with force rolls what runs after it, and nothing else', () => {
    expect(update({}, { replicas: 2 }, NOW)).toEqual({ replicas: 2, ...rolledAt });
    expect(update({ replicas: 2 }, { replicas: 0 }, NOW)).toEqual({ replicas: 2, ...rolledAt });
    expect(update({}, { replicas: 0 }, NOW)).toEqual({ replicas: 0 });
    expect(update({ replicas: 0 }, { replicas: 2 }, NOW)).toEqual({ replicas: 0 });
    expect(update({ suspend: false }, {}, NOW, 'CronJob')).toEqual({ suspend: false });
    expect(update({ data: 1 }, { replicas: 2 }, NOW, 'ConfigMap')).toEqual({ data: 1 });
  });

  it('with force refuses what would wait with it', () => {
    expect(() => update({}, { replicas: 2, paused: true }, NOW)).toThrow(/is paused/);
    expect(update({ paused: false }, { replicas: 2, paused: true }, NOW)).toEqual({ replicas: 2, paused: false, ...rolledAt });
  });

  it('forgets a stop that it ends', () => {
    const marked = (replicas: number) => component('Deployment', 'web', { replicas }, { annotations: { [REPLICAS]: '3' } });
    expect(settleOf([marked(2)], DOMAIN).map(({ patch }) => patch)).toEqual([{ metadata: { annotations: { [REPLICAS]: null } } }]);
    expect(settleOf([marked(0), component('ConfigMap', 'settings')], DOMAIN)).toEqual([]);
  });

  it('is taken back to the replicas that there were, whoever has set them', () => {
    const managedFields = [{ manager: 'archon', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1: { 'f:spec': { 'f:paused': {} } } }];
    const { object } = component('Deployment', 'web', { replicas: 5, paused: false, minReadySeconds: 3 }, { managedFields });
    expect(restorable(object, DOMAIN).spec).toEqual({ replicas: 5, paused: false });
    expect(restorable(component('ConfigMap', 'settings', { data: 1 }).object, DOMAIN).spec).toEqual({ data: 1 });
  });

  it('comes after what its Pods read', () => {
    expect(names(workloadsLast([component('Deployment', 'web'), component('ConfigMap', 'settings'), component('Job', 'once')]))).toEqual([
      'settings',
      'web',
      'once',
    ]);
  });
});
