import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { becomes, Fleet, type FleetMember, proxied, statesOf } from '../support/fleet.js';
import { recorded } from '../support/recorded-cluster.js';
import { eventually } from '../support/wait-for.js';

type Status = { kind: string; reason: string; message: string; details: { cluster: string; since: string; retryAfterSeconds: number } };

const SIZE = 4;
const SECOND_MS = 1000;

let archon: Archon;
let fleet: Fleet;
let healthy: readonly FleetMember[];
let first: FleetMember;

beforeAll(async () => {
  archon = await Archon.start();
  fleet = await Fleet.start(archon, SIZE);
  healthy = fleet.members.slice(2);
  first = fleet.members[0] as FleetMember;
}, 120_000);
afterAll(async () => {
  await archon?.dispose();
  await fleet?.close();
});

afterEach(async () => {
  fleet.heal(fleet.members);
  await becomes(archon, fleet.members, 'Ready');
}, 30_000);

const get = (member: FleetMember) => archon.client.get<Status>(proxied(member.name));

const longest = (times: number[]): string => `${(Math.max(...times) / 1000).toFixed(1)} s`;

async function timed<T>(act: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const begin = performance.now();
  const result = await act();
  return { result, ms: performance.now() - begin };
}

describe('one cluster', () => {
  it('T101 kubesphere#5125, rancher#14961, #37747: nobody uses it, and still its state is known 15 s after it dies and after it heals', {
    timeout: 3_600_000,
  }, async () => {
    const times = volume({ ci: 2, nightly: 100 });
    const [detected, recovered]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < times; turn++) {
      await becomes(archon, [first], 'Ready');
      const before = (await statesOf(archon))[first.name];
      await fleet.fail('drop', [first]);
      detected.push(await becomes(archon, [first], 'Unreachable', 15 * SECOND_MS));
      const during = (await statesOf(archon))[first.name];
      expect(during?.reason).toMatch(/connection|answer/);
      expect(Date.parse(during?.lastSeen ?? '')).toBeGreaterThanOrEqual(Date.parse(before?.since ?? ''));
      fleet.heal([first]);
      recovered.push(await becomes(archon, [first], 'Ready', 15 * SECOND_MS));
    }
    accept({
      row: 'T101',
      what: 'an idle cluster is cut and healed',
      volume: `${times} times`,
      result: `detected in ${longest(detected)}, recovered in ${longest(recovered)} at most`,
    });
  });

  it('T99 argo-cd#19182: requests that hang on dead connections are answered with 503 within 15 s, not after 65 s', {
    timeout: 60_000,
  }, async () => {
    await eventually(async () => (await get(first)).status === 200, { what: 'the cluster', timeoutMs: 15_000 });
    await Promise.all(Array.from({ length: 8 }, () => get(first)));
    await fleet.fail('drop', [first]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => timed(() => get(first))));
    expect(answers.map(({ result }) => result.status)).toEqual(Array<number>(8).fill(503));
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(15 * SECOND_MS);
  });

  it('an answer that takes 12 s is not cut short on a healthy cluster', { timeout: 60_000 }, async () => {
    await eventually(async () => (await get(first)).status === 200, { what: 'the cluster', timeoutMs: 15_000 });
    const slow = first.server.on({ path: '/api/v1/namespaces/default/configmaps/here' }, { action: 'delay', ms: 12_000 }, { times: 1 });
    const { result, ms } = await timed(() => get(first));
    expect([result.status, slow.hits]).toEqual([200, 1]);
    expect(ms).toBeGreaterThanOrEqual(12_000);
  });

  it('T123 argo-cd#1006: one broken API (503 of metrics.k8s.io, for ever) does not take the cluster away', {
    timeout: 60_000,
  }, async () => {
    const metrics = '/apis/metrics.k8s.io/v1beta1/nodes';
    const broken = first.server.on({ path: metrics }, { action: 'answer', status: 503, body: 'service unavailable' });
    const { result, requests } = await recorded(first.server, async () => {
      const statuses: number[] = [];
      for (let index = 0; index < 60; index++) {
        statuses.push((await archon.client.get(`/kubernetes/${first.name}${metrics}`)).status);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return statuses;
    });
    broken.remove();
    expect([new Set(result), broken.hits, (await get(first)).status]).toEqual([new Set([503]), 60, 200]);
    expect(requests.filter(({ path }) => path === '/readyz').length).toBeLessThanOrEqual(3);
    expect((await statesOf(archon))[first.name]?.state).toBe('Ready');
  });

  it('T103 kubernetes-client/javascript#364, #596: a watch on a cluster that went silent ends and says why', {
    timeout: 60_000,
  }, async () => {
    await eventually(async () => (await get(first)).status === 200, { what: 'the cluster', timeoutMs: 15_000 });
    const watch = await archon.client.stream(`/kubernetes/${first.name}/api/v1/namespaces/default/configmaps?watch=true`);
    const quiet = await archon.client.stream(
      `/kubernetes/${(healthy[0] as FleetMember).name}/api/v1/namespaces/default/configmaps?watch=true`,
    );
    let text = '';
    let others = 'open';
    watch.body.on('data', (chunk: Buffer) => (text += chunk.toString()));
    quiet.body.on('close', () => (others = 'closed')).resume();
    const ended = new Promise((resolve) => watch.body.once('close', resolve));
    await fleet.fail('drop', [first]);
    const { ms } = await timed(() => ended);
    expect(ms).toBeLessThan(25 * SECOND_MS);
    const last = JSON.parse(text.trim().split('\n').at(-1) ?? '') as { type: string; object: Status };
    expect(last).toMatchObject({ type: 'ERROR', object: { reason: 'ServiceUnavailable', details: { cluster: first.name } } });
    expect(others).toBe('open');
    quiet.body.destroy();
  });

  it('T106 a create is sent once, whatever the cluster answers; a read is sent again', { timeout: 60_000 }, async () => {
    await eventually(async () => (await get(first)).status === 200, { what: 'the cluster', timeoutMs: 15_000 });
    const applications = `/acp/v1/kubernetes/${first.name}/namespaces/default/applications`;
    const path = '/apis/app.k8s.io/v1beta1/namespaces/default/applications';
    const once = first.server.on({ method: 'GET', path }, { action: 'answer', status: 429, headers: { 'Retry-After': '1' } }, { times: 1 });
    const { result, ms } = await timed(() => archon.client.get(applications));
    expect([result.status, once.hits]).toEqual([200, 1]);
    expect(ms).toBeGreaterThanOrEqual(1000);
    for (const [when, fault] of [
      ['before', { action: 'answer', status: 503 }],
      ['before', { action: 'reset' }],
      ['after', { action: 'reset' }],
      ['after', { action: 'answer', status: 429 }],
    ] as const) {
      const hook = first.server.on({ method: 'POST', path: '/api/v1/namespaces/default/configmaps' }, fault, { when });
      await archon.client.post(`/kubernetes/${first.name}/api/v1/namespaces/default/configmaps`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { generateName: 'once-' },
      });
      hook.remove();
      expect(hook.hits).toBe(1);
    }
  });

  it('more requests than it gets are answered with 429 and Retry-After, and its metrics tell', { timeout: 60_000 }, async () => {
    const member = fleet.members[1] as FleetMember;
    await eventually(async () => (await get(member)).status === 200, { what: 'the cluster', timeoutMs: 15_000 });
    const release = Promise.withResolvers<undefined>();
    const held = member.server.on({ path: '/api/v1/namespaces/default/configmaps/here' }, () => release.promise);
    const waiting = Array.from({ length: 220 }, () => get(member));
    const refused = await eventually(
      async () => {
        const one = await Promise.race([get(member), new Promise<undefined>((resolve) => setTimeout(resolve, 200, undefined))]);
        return one?.status === 429 && one;
      },
      { what: 'a refusal', timeoutMs: 20_000 },
    );
    expect([refused.headers['retry-after'], refused.body.details.cluster]).toEqual(['1', member.name]);
    expect(held.hits).toBeLessThanOrEqual(64);
    const other = await timed(() => get(healthy[0] as FleetMember));
    expect(other.result.status).toBe(200);
    const { text } = await archon.client.get('/metrics');
    expect(text).toContain(`archon_cluster_up{cluster="${member.name}"} 1`);
    expect(text).toContain(`archon_cluster_breaker_state{cluster="${member.name}",state="closed"} 1`);
    expect(text).toMatch(new RegExp(`archon_cluster_rejected_total\\{cluster="${member.name}",reason="full"\\} [1-9]`));
    release.resolve(undefined);
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(128);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    held.remove();
  });
});
