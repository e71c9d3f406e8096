import { describe, expect, it } from 'vitest';
import { applicationStatus } from './application-status.js';

const deployment = (name: string, spec: object, status: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, generation: 1 },
  spec,
  status: { observedGeneration: 1, ...status },
});
const running = deployment('running', { replicas: 1 }, { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 });
const pending = deployment('pending', { replicas: 1 }, { replicas: 1, updatedReplicas: 1 });
const stopped = deployment('stopped', { replicas: 0 }, {});
const failed = deployment(
  'failed',
  { replicas: 1 },
  { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] },
);
const finished = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'migrate' },
  spec: {},
  status: { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] },
};
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };

describe('applicationStatus', () => {
  it.each([
    [[], 'Empty', 0, 0],
    [[service], 'Empty', 0, 0],
    [[running, service], 'Running', 1, 0],
    [[running, stopped], 'PartialRunning', 2, 0],
    [[stopped, stopped], 'Stopped', 2, 0],
    [[stopped, finished], 'Stopped', 2, 0],
    [[running, finished], 'Running', 2, 0],
    [[finished, service], 'Running', 1, 0],
    [[running, pending, stopped], 'Pending', 2, 1],
    [[running, pending, failed], 'Failed', 1, 2],
  ])('case %#', (components, state, ready, notReady) => {
    const status = applicationStatus(components);
    expect([status.state, status.totalComponents, status.workloadsStatus.ready, status.workloadsStatus.pending]).toEqual([
      state,
      components.length,
      ready,
      notReady,
    ]);
    expect(status.conditions).toBeUndefined();
  });

  it('says which kinds could not be read', () => {
    expect(applicationStatus([running], [{ kind: 'Secret', reason: 'Forbidden', message: 'no' }]).conditions).toEqual([
      { type: 'ComponentsRead', status: 'False', reason: 'Forbidden', message: 'Secret: no' },
    ]);
  });
});
