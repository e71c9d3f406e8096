import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FieldCipher } from '#database';
import type { KubernetesObject } from '#kubernetes';
import { type MigratedDatabase, startMigratedDatabase } from '../../../../../test/support/migrated-database.js';
import { ManifestStore } from './manifest-store.repository.js';
import { VersionComparison } from './version-comparison.service.js';
import { VersionLedger } from './version-ledger.repository.js';

const KEY = { clusterId: randomUUID(), namespace: 'shop', name: 'large' };
const UID = randomUUID();
let started: MigratedDatabase;
let folder: string;
let store: ManifestStore;
let comparison: VersionComparison;
let ledger: VersionLedger;

beforeAll(async () => {
  started = await startMigratedDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'archon-key-'));
  const config = { applicationVersions: 100, applicationVersionDays: 30, labelBaseDomain: 'cpaas.io' } as never;
  store = new ManifestStore(started.database, await FieldCipher.load(path.join(folder, 'encryption.key')), config);
  await store.onModuleInit();
  comparison = new VersionComparison(store);
  ledger = new VersionLedger(started.database, store, config);
}, 60_000);
afterAll(async () => {
  await started.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Fields of many small values, of which one in `every` says the version: 50 KB. */
const configMap = (index: number, version: number, every: number): KubernetesObject => ({
  apiVersion: 'v1',
  kind: index === 0 ? 'Secret' : 'ConfigMap',
  metadata: { name: `part-${index}`, namespace: 'shop' },
  data: Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [
      `key-${i}`,
      i % every === 0 ? `version ${version}.0 of ${i}` : `value ${i}.0 `.padEnd(40, 'x'),
    ]),
  ),
});
const application = (version: number, every: number) => Array.from({ length: 100 }, (_, index) => configMap(index, version, every));

async function versionOf(objects: KubernetesObject[]): Promise<string> {
  const draft = { uid: UID, user: 'jane', changeCause: '', ticket: '', images: [], manifests: await store.prepare(objects) };
  const version = await ledger.record(KEY, draft, { basis: await ledger.basis(KEY), dryRun: false });
  return version?.id ?? '';
}

/** The longest time, in milliseconds of this thread's work, that `work` has kept the event loop from its next turn. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isOver = false;
  let last = process.threadCpuUsage().user;
  const turn = () => {
    const now = process.threadCpuUsage().user;
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isOver = true;
  return longest / 1000;
}

it('compares 5 MB with 5 MB, every object of them changed, and no turn of the event loop takes 50 ms', { timeout: 60_000 }, async () => {
  const [first, second] = [await versionOf(application(1, 10)), await versionOf(application(2, 10))];
  const compare = async () => comparison.compare(await comparison.stateOf(first), await comparison.stateOf(second), () => true);
  await compare();
  const begin = performance.now();
  const changes = await compare();
  const ms = performance.now() - begin;
  const longest = await longestTurn(compare);
  const size = application(1, 10).reduce((sum, object) => sum + JSON.stringify(object).length, 0);
  console.log(`${(size / 1e6).toFixed(1)} MB with as much: ${ms.toFixed(0)} ms, longest turn ${longest.toFixed(1)} ms`);
  expect(size).toBeGreaterThan(5_000_000);
  expect(changes.map(({ change, fields }) => [change, fields.length])).toEqual(Array.from({ length: 100 }, () => ['update', 100]));
  expect(longest).toBeLessThan(50);
});

it('compares a version with objects of a cluster; of Secrets without values', async () => {
  const before = await comparison.stateOf(await versionOf([configMap(0, 1, 1000), configMap(1, 1, 1000), configMap(2, 1, 1000)]));
  const after = await comparison.stateOfObjects([configMap(0, 2, 1000), configMap(1, 2, 1000), configMap(3, 1, 1000)]);
  expect(await comparison.compare(before, after, () => true)).toEqual([
    { group: '', kind: 'ConfigMap', name: 'part-3', change: 'create', fields: [] },
    { group: '', kind: 'Secret', name: 'part-0', change: 'update', fields: [{ path: 'data.key-0', change: 'update' }] },
    {
      group: '',
      kind: 'ConfigMap',
      name: 'part-1',
      change: 'update',
      fields: [{ path: 'data.key-0', change: 'update', old: 'version 1.0 of 0', new: 'version 2.0 of 0' }],
    },
    { group: '', kind: 'ConfigMap', name: 'part-2', change: 'delete', fields: [] },
  ]);
  expect(await comparison.compare(before, after, ({ kind }) => kind === 'Secret')).toEqual([
    { group: '', kind: 'Secret', name: 'part-0', change: 'update', fields: [{ path: 'data.key-0', change: 'update' }] },
  ]);
});
