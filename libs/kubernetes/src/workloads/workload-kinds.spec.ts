import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../kubernetes-object.js';
import { findWorkloadKind } from './workload-kinds.js';

type Fields = Record<string, unknown>;

function health(apiVersion: string, kind: string, spec: Fields, status: Fields, generation = 1) {
  const object: KubernetesObject = { apiVersion, kind, metadata: { name: 'web', generation }, spec, status };
  const row = findWorkloadKind(apiVersion.split('/')[0] ?? '', kind);
  if (row === undefined) throw new Error(`${kind} has no row`);
  const { state, current, desired, messages } = row.health(object);
  return [state, current, desired, messages[0]?.reason];
}

const seen = { observedGeneration: 1 };
const allReady = { ...seen, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
const givenUp = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' };

describe('Deployment', () => {
  it.each([
    [{ replicas: 3 }, allReady, ['Running', 3, 3, undefined]],
    [{ replicas: 3 }, { ...allReady, observedGeneration: 0 }, ['Pending', 3, 3, 'NotObserved']],
    [{ replicas: 3 }, {}, ['Pending', 0, 3, 'NotObserved']],
    [{ replicas: 3 }, { ...allReady, updatedReplicas: 1 }, ['Pending', 3, 3, 'Updating']],
    [{ replicas: 3 }, { ...allReady, replicas: 4 }, ['Pending', 3, 3, 'Updating']],
    [{ replicas: 3 }, { ...allReady, availableReplicas: 2, readyReplicas: 2 }, ['Pending', 2, 3, 'NotAvailable']],
    [{ replicas: 3 }, { ...seen, conditions: [givenUp] }, ['Failed', 0, 3, 'ProgressDeadlineExceeded']],
    [{ replicas: 0 }, seen, ['Stopped', 0, 0, undefined]],
    [{ replicas: 0 }, { ...seen, replicas: 2, readyReplicas: 2 }, ['Pending', 2, 0, 'Stopping']],
    [{}, { ...seen, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }, ['Running', 1, 1, undefined]],
  ])('%j %j → %j', (spec, status, expected) => expect(health('apps/v1', 'Deployment', spec, status)).toEqual(expected));
});

describe('StatefulSet', () => {
  const rolled = { ...seen, replicas: 2, readyReplicas: 2, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' };
  it.each([
    [{ replicas: 2 }, { ...rolled, updateRevision: 'a' }, ['Running', 2, 2, undefined]],
    [{ replicas: 2 }, rolled, ['Pending', 2, 2, 'Updating']],
    [{ replicas: 2, updateStrategy: { type: 'OnDelete' } }, rolled, ['Running', 2, 2, undefined]],
    [{ replicas: 2, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }, rolled, ['Running', 2, 2, undefined]],
    [{ replicas: 3 }, rolled, ['Pending', 2, 3, 'NotReady']],
    [{ replicas: 0 }, seen, ['Stopped', 0, 0, undefined]],
  ])('%j %j → %j', (spec, status, expected) => expect(health('apps/v1', 'StatefulSet', spec, status)).toEqual(expected));
});

describe('DaemonSet', () => {
  const ready = {
    ...seen,
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    updatedNumberScheduled: 2,
    numberReady: 2,
    numberAvailable: 2,
  };
  it.each([
    [{}, ready, ['Running', 2, 2, undefined]],
    [{}, { ...ready, updatedNumberScheduled: 1 }, ['Pending', 2, 2, 'Updating']],
    [{}, { ...ready, numberReady: 1, numberAvailable: 1 }, ['Pending', 1, 2, 'NotAvailable']],
    [{}, { ...seen, desiredNumberScheduled: 0 }, ['Stopped', 0, 0, undefined]],
    [{}, { ...seen, desiredNumberScheduled: 0, currentNumberScheduled: 1 }, ['Pending', 0, 0, 'Stopping']],
  ])('%j %j → %j', (spec, status, expected) => expect(health('apps/v1', 'DaemonSet', spec, status)).toEqual(expected));
});

describe('ReplicaSet', () => {
  const refused = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' };
  it.each([
    [{ replicas: 2 }, { ...seen, replicas: 2, readyReplicas: 2 }, ['Running', 2, 2, undefined]],
    [{ replicas: 2 }, { ...seen, replicas: 2, readyReplicas: 1 }, ['Pending', 1, 2, 'NotReady']],
    [{ replicas: 2 }, { ...seen, observedGeneration: 0, readyReplicas: 2 }, ['Pending', 2, 2, 'NotObserved']],
    [{ replicas: 2 }, { ...seen, conditions: [refused] }, ['Failed', 0, 2, 'FailedCreate']],
    [{ replicas: 0 }, { ...seen, replicas: 1, readyReplicas: 1 }, ['Pending', 1, 0, 'Stopping']],
    [{ replicas: 0 }, seen, ['Stopped', 0, 0, undefined]],
  ])('%j %j → %j', (spec, status, expected) => expect(health('apps/v1', 'ReplicaSet', spec, status)).toEqual(expected));
});

describe('Job and CronJob', () => {
  it.each([
    ['Job', {}, { ready: 1 }, ['Running', 1, 1, undefined]],
    ['Job', { completions: 2 }, { succeeded: 2, conditions: [{ type: 'Complete', status: 'True' }] }, ['Running', 2, 2, undefined]],
    [
      'Job',
      {},
      { conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] },
      ['Failed', 0, 1, 'BackoffLimitExceeded'],
    ],
    ['Job', { suspend: true }, {}, ['Stopped', 0, 1, undefined]],
    ['Job', { suspend: true }, { active: 1, ready: 1 }, ['Pending', 1, 1, 'Stopping']],
    ['Job', {}, {}, ['Pending', 0, 1, 'NotReady']],
    ['CronJob', {}, { active: [{}] }, ['Running', 1, 1, undefined]],
    ['CronJob', { suspend: true }, {}, ['Stopped', 0, 0, undefined]],
    ['CronJob', { suspend: true }, { active: [{}] }, ['Pending', 1, 0, 'Stopping']],
  ])('%s %j %j → %j', (kind, spec, status, expected) => expect(health('batch/v1', kind, spec, status)).toEqual(expected));
});

it('knows no other kind', () => expect(findWorkloadKind('', 'Service')).toBeUndefined());
