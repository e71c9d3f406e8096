import { describe, expect, it } from 'vitest';
import { objectStatus } from './object-status.js';

type Fields = Record<string, unknown>;
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const statusOf = (apiVersion: string, kind: string, fields: Fields, metadata: Fields = {}) =>
  objectStatus({ apiVersion, kind, ...fields, metadata: { name: 'a', ...metadata } });

describe('Pod, as kubectl shows it', () => {
  const container = (state: Fields, more: Fields = {}) => ({ name: 'a', state, ...more });
  const crash = container({ waiting: { reason: 'CrashLoopBackOff' } });
  const running = container({ running: {} }, { ready: true });
  const done = container({ terminated: { reason: 'Completed', exitCode: 0 } });
  it.each([
    ['Running', { phase: 'Running', containerStatuses: [running] }, {}],
    ['Pending', { phase: 'Pending' }, {}],
    ['Evicted', { phase: 'Failed', reason: 'Evicted' }, {}],
    ['CrashLoopBackOff', { phase: 'Running', containerStatuses: [running, crash] }, {}],
    ['CrashLoopBackOff', { phase: 'Running', containerStatuses: [crash, container({ terminated: { reason: 'Error' } })] }, {}],
    ['ExitCode:3', { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 3 } })] }, {}],
    ['Signal:9', { phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] }, {}],
    ['Completed', { phase: 'Succeeded', containerStatuses: [done] }, {}],
    ['NotReady', { phase: 'Running', containerStatuses: [done, running] }, {}],
    ['Running', { phase: 'Running', containerStatuses: [done, running], conditions: [{ type: 'Ready', status: 'True' }] }, {}],
    ['SchedulingGated', { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }, {}],
    ['Unknown', {}, {}],
    ['Terminating', { phase: 'Running', containerStatuses: [running] }, deleted],
    ['Unknown', { phase: 'Running', reason: 'NodeLost' }, deleted],
  ])('%s', (expected, status, metadata) => expect(statusOf('v1', 'Pod', { status }, metadata)).toBe(expected));

  it.each([
    ['Init:0/2', [{ running: {} }]],
    ['Init:1/2', [{ terminated: { exitCode: 0 } }, { waiting: { reason: 'PodInitializing' } }]],
    ['Init:ImagePullBackOff', [{ waiting: { reason: 'ImagePullBackOff' } }]],
    ['Init:Error', [{ terminated: { exitCode: 1, reason: 'Error' } }]],
    ['Pending', [{ terminated: { exitCode: 0 } }, { terminated: { exitCode: 0 } }]],
  ])('%s', (expected, states) => {
    const status = { phase: 'Pending', initContainerStatuses: states.map((state) => container(state)) };
    expect(statusOf('v1', 'Pod', { spec: { initContainers: [{ name: 'a' }, { name: 'b' }] }, status })).toBe(expected);
  });

  it('is not held up by a sidecar that has started', () => {
    const spec = { initContainers: [{ name: 'a', restartPolicy: 'Always' }] };
    const status = {
      phase: 'Running',
      initContainerStatuses: [container({ running: {} }, { started: true })],
      containerStatuses: [running],
    };
    expect(statusOf('v1', 'Pod', { spec, status })).toBe('Running');
  });
});

it.each([
  ['Ready', 'v1', 'Node', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, {}],
  ['NotReady', 'v1', 'Node', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, {}],
  [
    'Ready,SchedulingDisabled',
    'v1',
    'Node',
    { spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'True' }] } },
    {},
  ],
  ['Unknown', 'v1', 'Node', {}, {}],
  ['Active', 'v1', 'Namespace', { status: { phase: 'Active' } }, {}],
  ['Bound', 'v1', 'PersistentVolumeClaim', { status: { phase: 'Bound' } }, {}],
  ['Warning', 'v1', 'Event', { type: 'Warning' }, {}],
  ['', 'v1', 'ConfigMap', {}, {}],
  ['Running', 'apps/v1', 'ReplicaSet', { spec: { replicas: 2 }, status: { readyReplicas: 2 } }, {}],
  ['Pending', 'apps/v1', 'ReplicaSet', { spec: { replicas: 2 }, status: {} }, {}],
  ['Stopped', 'apps/v1', 'ReplicaSet', { spec: { replicas: 0 }, status: { replicas: 0 } }, {}],
  ['Pending', 'apps/v1', 'Deployment', { spec: { replicas: 2 }, status: {} }, { generation: 1 }],
  ['Terminating', 'apps/v1', 'Deployment', { spec: { replicas: 2 }, status: {} }, deleted],
  ['Healthy', 'argoproj.io/v1alpha1', 'Rollout', { status: { phase: 'Healthy' } }, {}],
  ['NotReady', 'example.org/v1', 'Thing', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }, {}],
  ['', 'example.org/v1', 'Thing', { status: { phase: 'a whole sentence is no state' } }, {}],
  ['', 'example.org/v1', 'Thing', { status: 'text', spec: null }, {}],
])('%s: %s %s', (expected, apiVersion, kind, fields, metadata) => expect(statusOf(apiVersion, kind, fields, metadata)).toBe(expected));
