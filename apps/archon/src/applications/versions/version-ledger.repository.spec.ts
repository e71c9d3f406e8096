import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldCipher, rekey } from '#database';
import type { KubernetesObject } from '#kubernetes';
import { type MigratedDatabase, startMigratedDatabase } from '../../../../../test/support/migrated-database.js';
import { ENCRYPTED_COLUMNS } from '../../encryption/encrypted-columns.js';
import { ManifestStore, type PreparedManifest } from './manifest-store.repository.js';
import { type ApplicationKey, type Basis, VersionLedger, type VersionRow } from './version-ledger.repository.js';

const KEEP = 1000;
const CONFIG = { labelBaseDomain: 'cpaas.io' } as never;
const MIB = 1024 * 1024;
let started: MigratedDatabase;
let folder: string;
let store: ManifestStore;
let ledger: VersionLedger;

beforeAll(async () => {
  started = await startMigratedDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'archon-key-'));
  store = new ManifestStore(started.database, await FieldCipher.load(path.join(folder, 'encryption.key')), CONFIG);
  await store.onModuleInit();
  ledger = ledgerOf(KEEP);
}, 60_000);
afterAll(async () => {
  await started.stop();
  await rm(folder, { recursive: true, force: true });
});

const ledgerOf = (applicationVersions: number) =>
  new VersionLedger(started.database, store, { applicationVersions, applicationVersionDays: 30 } as never);
const query = <Row>(sql: string, parameters: unknown[] = []) => started.database.query<Row[]>(sql, parameters);
const newKey = (): ApplicationKey => ({ clusterId: randomUUID(), namespace: 'shop', name: `a-${randomUUID()}` });
const manifest = (name: string, text: string, kind = 'ConfigMap'): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop' },
  data: { text },
});
const draft = (uid: string, manifests: readonly PreparedManifest[]) => ({
  uid,
  user: 'jane',
  changeCause: '',
  ticket: '',
  images: [],
  manifests,
});
/** A version by hand of these objects. */
async function record(key: ApplicationKey, uid: string, objects: KubernetesObject[], by = ledger): Promise<VersionRow> {
  const options = { basis: await by.basis(key), dryRun: false };
  const version = await by.record(key, draft(uid, await store.prepare(objects)), options);
  if (version === undefined) throw new Error('nobody else has changed it');
  return version;
}
const all = (key: ApplicationKey, uid: string) => ledger.list(key, uid, { below: 2 ** 31 - 1, limit: 10_000 });
const contents = async (version: VersionRow) => [...(await store.read((await store.list(version.id)).map(({ id }) => id))).values()];
const count = async (table: string) => (await query<{ count: number }>(`select count(*)::integer as count from ${table}`))[0]?.count ?? 0;

describe('manifests', () => {
  it('come back as they were, in order; equal ones are stored once', async () => {
    const [key, uid] = [newKey(), randomUUID()];
    const objects = [manifest('b', 'x'.repeat(5000)), manifest('a', 'ü'), manifest('s', 'geheim', 'Secret')];
    const first = await record(key, uid, objects);
    const before = await count('manifests');
    const second = await record(key, uid, objects.toReversed());
    expect(await contents(first)).toEqual(objects);
    expect(await contents(second)).toEqual(objects.toReversed());
    expect(await count('manifests')).toBe(before);
    expect(second.changes).toEqual({ create: [], update: [], delete: [] });
    expect(second.digest).toEqual(first.digest);
  });

  it('of Secrets are neither in the clear nor to be guessed, and bound to their row', async () => {
    const [key, uid, canary] = [newKey(), randomUUID(), `canary-${randomBytes(8).toString('hex')}`];
    const [one, other] = [manifest('one', canary, 'Secret'), manifest('other', canary, 'Secret')];
    const version = await record(key, uid, [one, other]);
    const rows = await query<{ row: string; sealed: string; body: unknown }>(
      `select m::text as row, sealed, body from manifests m where kind = 'Secret' and name in ('one', 'other')`,
    );
    expect(rows.map(({ body }) => body)).toEqual([null, null]);
    expect(rows.map(({ row }) => row).join()).not.toContain(canary);
    const [prepared] = await store.prepare([{ ...one, kind: 'ConfigMap' }]);
    expect((await store.list(version.id)).map(({ hash }) => hash.toString('hex'))).not.toContain(prepared?.hash.toString('hex'));
    await query(
      `update manifests set sealed = (select sealed from manifests where name = 'other' and kind = 'Secret') where name = 'one' and kind = 'Secret'`,
    );
    await expect(contents(version)).rejects.toThrow();
    await query(`delete from application_versions where id = $1`, [version.id]);
    await store.sweep();
  });

  it('of Secrets take part in a rotation of the encryption key, which changes no digest', async () => {
    const secret = [manifest('rotated', 'geheim', 'Secret')];
    const version = await record(newKey(), randomUUID(), secret);
    const keyFile = path.join(folder, 'encryption.key');
    await writeFile(keyFile, `${randomBytes(32).toString('base64')}\n${await readFile(keyFile, 'utf8')}`);
    const cipher = await FieldCipher.load(keyFile);
    const columns = ENCRYPTED_COLUMNS.filter(({ table }) => table.startsWith('manifest'));
    const { rewritten, failed } = await rekey(started.database, cipher, columns);
    expect([rewritten > 1, failed]).toEqual([true, []]);
    const [oldest] = await query<{ count: number }>(
      `select count(*)::integer as count from manifests where sealed is not null and split_part(sealed, ':', 2) <> $1`,
      [cipher.keyIds[0]],
    );
    expect(oldest).toEqual({ count: 0 });
    const replica = new ManifestStore(started.database, cipher, CONFIG);
    await replica.onModuleInit();
    const [stored] = await replica.list(version.id);
    expect([...(await replica.read([stored?.id ?? ''])).values()]).toEqual(secret);
    expect((await replica.prepare(secret)).map(({ hash }) => hash)).toEqual([stored?.hash]);
  });

  it('that no version holds go, and never one that a version is about to hold', { timeout: 60_000 }, async () => {
    const [key, uid, few] = [newKey(), randomUUID(), ledgerOf(1)];
    const objects = [manifest('again', 'and again'), manifest('kept', 'kept')];
    // Each round the first is dropped by the next version, and taken up again while it is swept away.
    for (let round = 0; round < 20; round++) {
      await record(key, uid, objects, few);
      await record(key, uid, objects.slice(1), few);
      const [version] = await Promise.all([record(key, uid, objects, few), store.sweep(), store.sweep()]);
      expect(await contents(version)).toEqual(objects);
    }
    await record(key, uid, objects.slice(1), few);
    await store.sweep();
    expect(await query(`select name from manifests where name in ('again', 'kept')`)).toEqual([{ name: 'kept' }]);
  });
});

describe('versions', () => {
  it('have serial revisions, however many are made at once, and tell what changed', { timeout: 60_000 }, async () => {
    const [key, uid] = [newKey(), randomUUID()];
    await Promise.all(Array.from({ length: 100 }, (_, i) => record(key, uid, [manifest('a', `${i}`), manifest('b', 'same')])));
    const versions = await all(key, uid);
    expect(versions.map(({ revision }) => revision)).toEqual(Array.from({ length: 100 }, (_, i) => 100 - i));
    const [name, other] = ['a', 'b'].map((each) => ({ group: '', kind: 'ConfigMap', name: each }));
    expect(versions.at(-1)?.changes).toEqual({ create: [name, other], update: [], delete: [] });
    expect(versions[0]?.changes).toEqual({ create: [], update: [name], delete: [] });
  });

  it('are kept up to a number; another application of the name has its own, and those of the one before it end', async () => {
    const [key, uid, successor, few] = [newKey(), randomUUID(), randomUUID(), ledgerOf(2)];
    for (const text of ['1', '2', '3']) await record(key, uid, [manifest('a', text)], few);
    expect((await all(key, uid)).map(({ revision }) => revision)).toEqual([3, 2]);
    expect((await record(key, successor, [manifest('a', '3')], few)).revision).toBe(1);
    expect((await all(key, uid)).map(({ revision }) => revision)).toEqual([3, 2]);
    const [{ days } = { days: 0 }] = await query<{ days: number }>(
      'select distinct round(extract(epoch from expires_at - now()) / 86400)::integer as days from application_versions where uid = $1',
      [uid],
    );
    expect(days).toBe(30);
    await query('update application_versions set expires_at = now() where uid = $1', [uid]);
    await ledger.sweep();
    expect([await all(key, uid), (await all(key, successor)).length]).toEqual([[], 1]);
  });

  it('are not made of what somebody has changed since it was read', async () => {
    const [key, uid] = [newKey(), randomUUID()];
    const basis = await ledger.basis(key);
    const manifests = await store.prepare([manifest('a', '1')]);
    const keep = (by: string, read: string | undefined) =>
      started.database.transaction((manager) =>
        ledger.keep(manager, key, draft(uid, manifests), { operationId: by, read: { basis: read }, base: undefined }),
      );
    expect(await keep(randomUUID(), basis)).toBe(true);
    expect(await keep(randomUUID(), basis)).toBe(false);
    expect(await ledger.record(key, draft(uid, manifests), { basis, dryRun: false })).toBeUndefined();
    expect(await keep(randomUUID(), undefined)).toBe(false);
  });

  it('and changes that make none are told apart: who has read before another change may not go on', async () => {
    const [key, uid] = [newKey(), randomUUID()];
    await record(key, uid, [manifest('a', '1')]);
    const touch = (read?: { basis: Basis }) => started.database.transaction((manager) => ledger.touch(manager, key, read));
    const basis = await ledger.basis(key);
    expect([await touch({ basis }), await touch({ basis }), await touch({ basis: undefined }), await touch()]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    const late = { basis, dryRun: false };
    expect(await ledger.record(key, draft(uid, await store.prepare([manifest('a', '2')])), late)).toBeUndefined();
  });

  it('of an operation appear with its success once, and not without it', async () => {
    const [key, uid, done, undone, same] = [newKey(), randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const keep = async (operationId: string, text: string) => {
      const manifests = await store.prepare([manifest('a', text)]);
      await started.database.transaction((manager) =>
        ledger.keep(manager, key, draft(uid, manifests), { operationId, read: undefined, base: undefined }),
      );
    };
    const publish = (operationId: string) => started.database.transaction((manager) => ledger.publishOf(manager, key, operationId));
    await keep(done, '1');
    expect(await all(key, uid)).toEqual([]);
    await publish(done);
    await publish(done);
    await keep(undone, '2');
    await started.database.transaction((manager) => ledger.dropOf(manager, undone));
    await publish(undone);
    await keep(same, '1');
    await publish(same);
    expect((await all(key, uid)).map(({ revision, operationId }) => [revision, operationId])).toEqual([[1, done]]);
  });

  it('a thousand of an application of 5 MB, of which one small object changes, take little room', { timeout: 120_000 }, async () => {
    const [key, uid] = [newKey(), randomUUID()];
    const size = async () => {
      const tables = ['manifests', 'application_versions', 'application_version_objects', 'application_histories'];
      const sizes = await query<{ size: string }>(`select pg_total_relation_size(name::regclass) as size from unnest($1::text[]) as name`, [
        tables,
      ]);
      return sizes.reduce((sum, row) => sum + Number(row.size), 0);
    };
    // Text that compresses to about three quarters, as base64 does: the worst that a manifest holds in practice.
    const large = Array.from({ length: 99 }, (_, i) => manifest(`large-${i}`, randomBytes(38 * 1024).toString('base64')));
    const stored = await store.prepare(large);
    const bytes = stored.reduce((sum, { text }) => sum + text.length, 0);
    expect(bytes).toBeGreaterThan(5_000_000);
    const before = await size();
    await ledger.record(key, draft(uid, stored), { basis: await ledger.basis(key), dryRun: false });
    const first = await size();
    for (let i = 1; i < 1000; i++) {
      const manifests = [...stored, ...(await store.prepare([manifest('small', `${i}`)]))];
      await ledger.record(key, draft(uid, manifests), { basis: await ledger.basis(key), dryRun: false });
    }
    const total = (await size()) - before;
    console.log(
      `1,000 versions of ${(bytes / MIB).toFixed(1)} MiB: ${(total / MIB).toFixed(1)} MiB, of which the first has ${((first - before) / MIB).toFixed(1)}`,
    );
    expect((await all(key, uid)).length).toBe(1000);
    expect(total).toBeLessThan(25 * MIB);
  });
});
