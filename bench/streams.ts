import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab, Progress } from '#lab';
import { startArchon } from './bench-archon.js';
import { highestMegabytes, residentMegabytes } from './process-statistics.js';
import { percentile } from './statistics.js';
import { type Subject, throughArchon } from './subjects.js';
import { startLightBackend } from './targets.js';
import { timed } from './timed.js';

export interface StreamFigures {
  /** 20 clients read a list of 200 MB each. Memory in MiB above what it was before, at its highest. */
  listGrowthMebibytes: number;
  listSeconds: number;
  /** The same when each takes 1 MB/s, for ten seconds. */
  slowListGrowthMebibytes: number;
  /** 1,000 open watches, 500 events per second in all. */
  watches: number;
  events: number;
  deliveryP50Ms: number;
  deliveryP99Ms: number;
  watchResidentMebibytes: number;
}

const READERS = 20;
const LIST_BYTES = 200_000_000;
const SLOW = { seconds: 10, bytesPerTick: 50_000, tickMs: 50 };
const WATCHES = 1000;
const EVENT_EVERY_MS = 2000;
const WATCH_SECONDS = 15;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const MEBI_PER_MEGA = 1000 / 1024;

/** Memory under large lists, and delivery on many watches, through one Archon without TLS in front of the light backend. */
export async function measureStreams(root: string, state: string, lab: Lab, progress: Progress): Promise<StreamFigures> {
  await using running = new AsyncDisposableStack();
  const target = await startLightBackend(lab, state);
  running.defer(() => target.stop());
  const archon = await startArchon(root, path.join(state, 'streams'), { tls: 'off' });
  running.defer(() => archon.stop());
  const subject = await throughArchon('Archon', archon, target);
  await readList(subject, 1_000_000, 'fast'); // what is loaded once is not of this measurement
  const fast = await progress.step(`${READERS} lists of 200 MB`, () => growth(archon.pid, () => readLists(subject, 'fast')));
  const slow = await progress.step(`${READERS} lists of 200 MB, read slowly`, () => growth(archon.pid, () => readLists(subject, 'slow')));
  const watched = await progress.step(`${WATCHES} watches`, () => watchEvents(subject));
  return {
    listGrowthMebibytes: fast.mebibytes,
    listSeconds: fast.seconds,
    slowListGrowthMebibytes: slow.mebibytes,
    watches: WATCHES,
    events: watched.times.length,
    deliveryP50Ms: percentile(watched.times, 0.5),
    deliveryP99Ms: percentile(watched.times, 0.99),
    watchResidentMebibytes: watched.mebibytes,
  };
}

/** By how much a process's memory grows at most while `work` runs. */
async function growth(pid: number, work: () => Promise<void>): Promise<{ mebibytes: number; seconds: number }> {
  const before = residentMegabytes(pid);
  const { result: highest, ms } = await timed(() => highestMegabytes(pid, work));
  return { mebibytes: (highest - before) * MEBI_PER_MEGA, seconds: ms / 1000 };
}

async function readLists(subject: Subject, pace: 'fast' | 'slow'): Promise<void> {
  await Promise.all(Array.from({ length: READERS }, () => readList(subject, LIST_BYTES, pace)));
}

/** Reads a whole list, or for ten seconds at 1 MB/s. Throws when a whole list is too short. */
async function readList(subject: Subject, bytes: number, pace: 'fast' | 'slow'): Promise<void> {
  const { answer, agent } = await open(subject, `${CONFIG_MAPS}?bytes=${bytes}`);
  let received = 0;
  if (pace === 'fast') {
    for await (const chunk of answer as AsyncIterable<Buffer>) received += chunk.length;
    if (received < bytes) throw new Error(`a list of ${bytes} bytes ended after ${received}`);
  } else {
    for (const end = performance.now() + SLOW.seconds * 1000; performance.now() < end; await sleep(SLOW.tickMs))
      received += (answer.read(Math.min(SLOW.bytesPerTick, answer.readableLength || SLOW.bytesPerTick)) as Buffer | null)?.length ?? 0;
    if (received === 0) throw new Error('nothing came to a slow reader');
  }
  answer.on('error', () => undefined).destroy();
  agent.destroy();
}

/** How long each event takes from the backend to its client, after a first round; memory at the end. */
async function watchEvents(subject: Subject): Promise<{ times: number[]; mebibytes: number }> {
  const times: number[] = [];
  let counting = false;
  const watches = [];
  // In lots, as clients come: a thousand handshakes at once would be another measurement.
  for (let opened = 0; opened < WATCHES; opened += 50) {
    const lot = Array.from({ length: 50 }, () => open(subject, `${CONFIG_MAPS}?watch=true&everyMs=${EVENT_EVERY_MS}`));
    watches.push(...(await Promise.all(lot)));
  }
  for (const { answer } of watches)
    answer.setEncoding('utf8').on('data', (text: string) => {
      const now = performance.timeOrigin + performance.now();
      for (const [, sentAt] of text.matchAll(/"sentAt":(\d+)/g)) if (counting) times.push(now - Number(sentAt) / 1000);
    });
  await sleep(EVENT_EVERY_MS + 1000);
  counting = true;
  await sleep(WATCH_SECONDS * 1000);
  counting = false;
  const mebibytes = residentMegabytes(subject.pid ?? 0) * MEBI_PER_MEGA;
  const ended = watches.filter(({ answer }) => answer.destroyed).length;
  for (const { answer, agent } of watches) {
    answer.on('error', () => undefined).destroy();
    agent.destroy();
  }
  if (ended > 0) throw new Error(`${ended} of ${WATCHES} watches ended by themselves`);
  return { times, mebibytes };
}

async function open({ request }: Subject, path: string): Promise<{ answer: http.IncomingMessage; agent: http.Agent }> {
  const agent = new http.Agent({ keepAlive: false });
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(request.url + path, { agent, headers: request.headers }, resolve).once('error', reject);
  });
  if (answer.statusCode === 200) return { answer, agent };
  throw new Error(`${path}: ${answer.statusCode}`);
}
