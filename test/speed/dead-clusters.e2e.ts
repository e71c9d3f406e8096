import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { percentile } from '../../bench/statistics.js';
import { accept, seed, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { percentileRatio } from '../support/percentile-ratio.js';
import { becomes, FAULTS, Fleet, type FleetMember, proxied, statesOf } from '../support/fleet.js';

type Status = { message: string; details: { cluster: string; since: string } };
interface Answer {
  /** Or why there was none. */
  status: number | string;
  ms: number;
}

const SIZE = 100;
const DEAD = 10;
const TURNS = volume({ ci: 1, nightly: 20 });
/** What an answer of a cluster that is known to be dead may take. */
const AT_ONCE_MS = 100;
/** Twenty short windows tell as much as one long one, and a whole night is not needed. */
const WINDOW_MS = volume({ ci: 4000, nightly: 1000 });
const SECOND_MS = 1000;
/** How much more the p99 of the healthy may be: it is refused when it is sure to be more than that. */
const GROWTH = 1.1;

let archon: Archon;
let fleet: Fleet;
let dead: readonly FleetMember[];
let healthy: readonly FleetMember[];

beforeAll(async () => {
  archon = await Archon.start();
  fleet = await Fleet.start(archon, SIZE);
  // Not the first ones: whoever is asked first must not matter.
  dead = fleet.members.filter((_, index) => index % (SIZE / DEAD) === 5);
  healthy = fleet.members.filter((member) => !dead.includes(member));
  await becomes(archon, fleet.members, 'Ready', 60 * SECOND_MS);
}, 180_000);
afterAll(async () => {
  await archon?.dispose();
  await fleet?.close();
});

afterEach(async () => {
  fleet.heal(fleet.members);
  await becomes(archon, fleet.members, 'Ready', 30 * SECOND_MS);
}, 40_000);

const percentile99 = (times: readonly number[]): number => percentile(times, 0.99);

async function ask(member: FleetMember): Promise<Answer> {
  const begin = performance.now();
  const { status } = await archon.client.get(proxied(member.name)).catch((error: unknown) => ({ status: String(error) }));
  return { status, ms: performance.now() - begin };
}

/** Asks one after the other of these clusters, each time when it is due, whatever happens to the questions before. */
class Load {
  private readonly pending: Promise<Answer>[] = [];
  private asked = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(members: readonly FleetMember[], perSecond: number) {
    const next = () => members[this.asked++ % members.length] as FleetMember;
    this.timer = setInterval(() => this.pending.push(ask(next())), 1000 / perSecond);
  }

  /** The answers to all that was asked since the last time. */
  async take(): Promise<Answer[]> {
    return Promise.all(this.pending.splice(0));
  }

  async stop(): Promise<Answer[]> {
    clearInterval(this.timer);
    return this.take();
  }
}

describe('F-1 ten of a hundred clusters fail under load', () => {
  const [allWell, allTroubled]: [number[], number[]] = [[], []];

  it.each(FAULTS)(
    'T99 rancher#12488, argo-cd#956, #19816: %s of some leaves the others alone; theirs are answered with 503 at once',
    { timeout: 120_000 * TURNS },
    async (fault) => {
      const [opened, healed]: [number[], number[]] = [[], []];
      const [well, troubled]: [number[], number[]] = [[], []];
      const refusals: number[] = [];
      const load = new Load(healthy, 100);
      const deadLoad = new Load(dead, 10);
      const answered = async (into: number[]) => {
        const answers = await load.take();
        expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
        into.push(...answers.map(({ ms }) => ms));
      };
      // All must be answered, but those count for the time of which nothing of the test itself is in the way.
      const window = async (into: number[]) => {
        await answered([]);
        await sleep(WINDOW_MS);
        await answered(into);
      };
      try {
        for (let turn = 0; turn < TURNS; turn++) {
          await window(well);
          const failedAt = Date.now();
          await fleet.fail(fault, dead);
          opened.push(await becomes(archon, dead, 'Unreachable', 10 * SECOND_MS));
          await window(troubled);
          await window(troubled);
          refusals.push(...(await refusalsOf(dead, failedAt)));
          fleet.heal(dead);
          healed.push(await becomes(archon, dead, 'Ready', 15 * SECOND_MS));
          await window(well);
        }
      } finally {
        await Promise.all([load.stop(), deadLoad.stop()]);
      }
      const [before, during, refusal] = [percentile99(well), percentile99(troubled), percentile99(refusals)];
      const growth = percentileRatio(well, troubled, { share: 0.99, seed: seed() });
      allWell.push(...well);
      allTroubled.push(...troubled);
      expect(refusal).toBeLessThan(AT_ONCE_MS);
      expect(growth.atLeast, `p99 ${before} → ${during} ms`).toBeLessThanOrEqual(GROWTH);
      accept({
        row: 'F-1',
        what: `${fault} of ${DEAD} of ${SIZE} clusters under 100 requests per second`,
        volume: `${TURNS} times, ${well.length + troubled.length} requests to the healthy`,
        result: `0 failed, p99 ${before.toFixed(1)} → ${during.toFixed(1)} ms (× ${growth.atLeast.toFixed(2)} at least); 503 in ${refusal.toFixed(0)} ms, open after ${longest(opened)}, back ${longest(healed)} after healing`,
      });
    },
  );

  it('and over all faults the p99 of the healthy is at most a tenth higher', () => {
    const [before, during] = [percentile99(allWell), percentile99(allTroubled)];
    expect(allTroubled.length).toBeGreaterThan(FAULTS.length * 300);
    const growth = percentileRatio(allWell, allTroubled, { share: 0.99, seed: seed() });
    expect(growth.atLeast, `p99 ${before} → ${during} ms`).toBeLessThanOrEqual(GROWTH);
    accept({
      row: 'F-1',
      what: `healthy of ${SIZE} clusters while ${DEAD} fail, all faults`,
      volume: `${allWell.length} requests before and after, ${allTroubled.length} during the faults`,
      result: `p99 ${before.toFixed(1)} → ${during.toFixed(1)} ms, × ${growth.ratio.toFixed(2)}, × ${growth.atLeast.toFixed(2)} at least (99.9 %)`,
    });
  });
});

/** How long the answers take that clusters are down; each says which, since when and why. */
async function refusalsOf(members: readonly FleetMember[], failedAt: number): Promise<number[]> {
  const states = await statesOf(archon);
  const times: number[] = [];
  for (const { name } of members) {
    const begin = performance.now();
    const { status, headers, body, text } = await archon.client.get<Status>(proxied(name));
    times.push(performance.now() - begin);
    expect([status, headers['retry-after'], body.details?.cluster], text).toEqual([503, '5', name]);
    expect(Date.parse(body.details.since)).toBeGreaterThanOrEqual(failedAt);
    expect(body.message).toContain(states[name]?.reason);
  }
  return times;
}

const longest = (times: number[]): string => `${(Math.max(...times) / 1000).toFixed(1)} s`;
