import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { accept, isNightly, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { becomes, Fleet, type FleetMember, proxied, statesOf } from '../support/fleet.js';

const SIZE = 100;

let archon: Archon;
let fleet: Fleet;

beforeAll(async () => {
  archon = await Archon.start();
  fleet = await Fleet.start(archon, SIZE);
}, 180_000);
afterAll(async () => {
  await archon?.dispose();
  await fleet?.close();
});
afterEach(async () => {
  fleet.heal(fleet.members);
  await becomes(archon, fleet.members, 'Ready', 60_000);
}, 70_000);

const statusOf = async (member: FleetMember) => (await archon.client.get(proxied(member.name)).catch(() => ({ status: 0 }))).status;

it('F-2 T100 rancher#56486: with every cluster dead Archon is ready within 5 s, answers for itself, and lists at once', {
  timeout: 120_000,
}, async () => {
  await fleet.fail('drop', fleet.members);
  await archon.stop();
  await archon.run();
  expect(archon.startMs).toBeLessThan(5000);
  const begin = performance.now();
  const states = await statesOf(archon);
  const listMs = performance.now() - begin;
  expect(Object.keys(states)).toHaveLength(SIZE);
  expect(listMs).toBeLessThan(2000);
  expect((await archon.client.get('/readyz')).status).toBe(200);
  expect((await archon.client.get('/auth/v1/accesstoken')).status).toBe(200);
  await becomes(archon, fleet.members, 'Unreachable', 20_000);
  accept({
    row: 'F-2',
    what: 'start with every cluster black-holed',
    volume: `${SIZE} clusters`,
    result: `ready after ${(archon.startMs / 1000).toFixed(1)} s, list in ${Math.round(listMs)} ms`,
  });
});

it('F-4 T105 all clusters heal at once: served within 15 s, few connections at a time, and none goes down again', {
  timeout: 120_000,
}, async () => {
  await fleet.fail('RST', fleet.members);
  await becomes(archon, fleet.members, 'Unreachable', 20_000);
  const perSecond: number[] = [];
  let running = true;
  let outages = 0;
  const served = new Map<string, number>();
  const counting = (async () => {
    for (let before = fleet.connects; running; ) {
      await sleep(1000);
      perSecond.push(fleet.connects - before);
      before = fleet.connects;
    }
  })();
  const healedAt = performance.now();
  fleet.heal(fleet.members);
  const callers = fleet.members.map(async (member) => {
    while (running) {
      const status = await statusOf(member);
      if (status === 200 && !served.has(member.name)) served.set(member.name, performance.now() - healedAt);
      else if (status !== 200 && served.has(member.name)) outages++;
      await sleep(200);
    }
  });
  const deadline = healedAt + 20_000;
  while (served.size < SIZE && performance.now() < deadline) await sleep(100);
  await sleep(3000);
  running = false;
  await Promise.all([...callers, counting]);
  const slowest = Math.max(...served.values());
  expect([served.size, outages]).toEqual([SIZE, 0]);
  expect(slowest).toBeLessThan(15_000);
  expect(Math.max(...perSecond)).toBeLessThanOrEqual(50);
  accept({
    row: 'F-4',
    what: 'all clusters heal at once',
    volume: `${SIZE} clusters`,
    result: `all served after ${(slowest / 1000).toFixed(1)} s, at most ${Math.max(...perSecond)} connections per second, 0 second outages`,
  });
});

it('F-3 a link that flaps at 1 Hz changes the state twice a minute at most, and leaks nothing', { timeout: 700_000 }, async () => {
  const member = fleet.members[0] as FleetMember;
  const seconds = volume({ ci: 40, nightly: 600 });
  const handles = () => readdirSync(`/proc/${archon.pid}/fd`).length;
  await becomes(archon, [member], 'Ready');
  const before = handles();
  let changes = 0;
  let last = 'Ready';
  let running = true;
  const calls = (async () => {
    for (; running; await sleep(20)) await statusOf(member);
  })();
  for (let half = 0; half < seconds * 2; half++) {
    if (half % 2 === 0) {
      await fleet.fail('RST', [member]);
    } else fleet.heal([member]);
    await sleep(500);
    const state = (await statesOf(archon))[member.name]?.state ?? '';
    if (state !== last) changes++;
    last = state;
  }
  running = false;
  await calls;
  fleet.heal([member]);
  await becomes(archon, [member], 'Ready', 30_000);
  // The first outage and the first recovery come before the link is known to flap.
  expect(changes).toBeLessThanOrEqual(Math.max(3, (2 * seconds) / 60));
  expect(handles() - before).toBeLessThan(20);
  accept({
    row: 'F-3',
    what: 'flapping link, 1 Hz',
    volume: `${seconds} s`,
    result: `${changes} state changes, ${handles() - before} more open files`,
  });
});

it('T120 a thousand streams opened and cut leave nothing behind', { timeout: isNightly ? 600_000 : 120_000 }, async () => {
  const count = volume({ ci: 1000, nightly: 10_000 });
  const handles = () => readdirSync(`/proc/${archon.pid}/fd`).length;
  const inFlight = async () => {
    const { text } = await archon.client.get('/metrics');
    return [...text.matchAll(/^archon_cluster_requests_in_flight\{[^}]*kind="streams"\} (\d+)$/gm)].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  };
  const before = handles();
  const names = Array.from({ length: count }, (_, index) => fleet.members[index % SIZE] as FleetMember).values();
  const lane = async () => {
    for (const { name, server } of names) {
      const watch = await archon.client.stream(`/kubernetes/${name}/api/v1/namespaces/default/configmaps?watch=true`);
      watch.body.on('error', () => undefined);
      if (Math.random() < 0.5) watch.body.destroy();
      else {
        const closed = new Promise((resolve) => watch.body.once('close', resolve));
        watch.body.resume();
        server.local.dropWatches({ abruptly: true });
        await closed;
      }
    }
  };
  await Promise.all(Array.from({ length: 20 }, lane));
  const deadline = performance.now() + 75_000;
  while ((handles() > before + SIZE || (await inFlight()) > 0) && performance.now() < deadline) await sleep(500);
  expect(await inFlight()).toBe(0);
  expect(handles()).toBeLessThanOrEqual(before + SIZE);
  accept({
    row: 'T120',
    what: 'watches opened and cut from both ends',
    volume: `${count} streams`,
    result: `${handles() - before} more open files`,
  });
});
