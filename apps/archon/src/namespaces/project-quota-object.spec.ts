import { describe, expect, it } from 'vitest';
import { isCurrent, projectQuotaObject } from './project-quota-object.js';

const NANO = 1_000_000_000n;
const share = {
  project: 'shop',
  hard: { 'limits.cpu': '4', 'limits.memory': '1Gi', pods: '10' },
  claimed: new Map([
    ['limits.cpu', (5n * NANO) / 2n],
    ['limits.memory', 512n * 1024n * 1024n * NANO],
    ['requests.cpu', NANO],
  ]),
};

describe('projectQuotaObject', () => {
  const ours = projectQuotaObject(share, 'cpaas.io');

  it('says what the project has and what is taken, also of types that are unlimited', () => {
    expect(ours).toMatchObject({
      metadata: { name: 'shop', labels: { 'cpaas.io/project': 'shop' } },
      spec: { hard: share.hard },
      status: { hard: share.hard, used: { 'limits.cpu': '2500m', 'limits.memory': '512Mi', pods: '0', 'requests.cpu': '1' } },
    });
  });

  it('is current as it is', () => expect(isCurrent(structuredClone(ours), ours)).toBe(true));

  it.each([
    ['is not there', undefined],
    ['has another hard', { ...ours, spec: { hard: { ...share.hard, pods: '11' } } }],
    ['has one type more', { ...ours, spec: { hard: { ...share.hard, services: '1' } } }],
    ['has no status', { ...ours, status: undefined }],
    ['lacks a label', { ...ours, metadata: { name: 'shop' } }],
  ])('is not current when the live one %s', (_what, live) => expect(isCurrent(live as typeof ours | undefined, ours)).toBe(false));
});
