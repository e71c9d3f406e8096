import { createHash, createHmac, randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { FieldCipher } from '#database';
import { type KubernetesObject, parseJson } from '#kubernetes';
import { AppConfig } from '../../config.module.js';
import { canonicalJson } from './canonical-json.js';
import { isSecret, type ManifestName, manifestOf, nameOf } from './manifest.js';

const compress = promisify<string, Buffer>(zlib.zstdCompress);
const decompress = promisify<Buffer, Buffer>(zlib.zstdDecompress);

/** Any number that no other lock of this database has. Writers share it; who removes what nobody uses has it alone. */
const LOCK = 7_264_501_339;
const KEY_ID = 'secrets';
const KEY_ADDRESS = { table: 'manifest_keys', id: KEY_ID, field: 'secret' };
/** Manifests that one statement removes: writers wait for no longer than it takes. */
const BATCH = 500;

/** A manifest that is ready to be stored. */
export interface PreparedManifest extends ManifestName {
  hash: Buffer;
  manifest: KubernetesObject;
  /** The same as canonical JSON. */
  text: string;
}

/** A manifest of a version, as it is listed. */
export interface StoredName extends ManifestName {
  id: string;
  hash: Buffer;
}

interface StoredManifest {
  hash: Buffer;
  body: Buffer | null;
  sealed: string | null;
}

/**
 * Manifests by their content: equal ones are stored once, compressed, for all versions of all applications. Those of Secrets are encrypted, and
 * found by a keyed hash, so that who has a dump can't check a guess. The key of the hash is random and stored encrypted: another encryption key
 * changes no hash.
 */
@Injectable()
export class ManifestStore implements OnModuleInit {
  private key: Buffer | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly cipher: FieldCipher,
    private readonly config: AppConfig,
  ) {}

  /** Replicas that start together end with one key: whoever comes second finds the row of the first. */
  async onModuleInit(): Promise<void> {
    const secret = this.cipher.encrypt(randomBytes(32).toString('base64'), KEY_ADDRESS);
    await this.database.query('insert into manifest_keys (id, secret) values ($1, $2) on conflict do nothing', [KEY_ID, secret]);
    const [row] = await this.database.query<{ secret: string }[]>('select secret from manifest_keys where id = $1', [KEY_ID]);
    if (row !== undefined) this.key = Buffer.from(this.cipher.decrypt(row.secret, KEY_ADDRESS), 'base64');
  }

  /** Makes manifests of objects as they are in a cluster, or as they were shown, one after the other, with room for others in between. */
  async prepare(objects: readonly KubernetesObject[]): Promise<PreparedManifest[]> {
    const prepared: PreparedManifest[] = [];
    for (const object of objects) {
      const manifest = manifestOf(object, this.config.labelBaseDomain);
      const text = canonicalJson(manifest);
      const name = nameOf(manifest);
      prepared.push({ ...name, manifest, text, hash: isSecret(name) ? this.keyed(text) : createHash('sha256').update(text).digest() });
      await nextTurn();
    }
    return prepared;
  }

  /** Ids of these manifests, in order; those that are new are stored. They stay as long as the caller's transaction, and a version, need them. */
  async save(manager: EntityManager, manifests: readonly PreparedManifest[]): Promise<string[]> {
    await manager.query('select pg_advisory_xact_lock_shared($1)', [LOCK]);
    let known = await this.find(manager, manifests);
    const missing = new Map(manifests.map((manifest) => [hex(manifest.hash), manifest]));
    for (const hash of known.keys()) missing.delete(hash);
    if (missing.size > 0) {
      await this.insert(manager, [...missing.values()]);
      known = await this.find(manager, manifests);
    }
    return manifests.map(({ hash }) => known.get(hex(hash)) ?? '');
  }

  /** What a version holds, in order. */
  async list(versionId: string, manager: EntityManager = this.database.manager): Promise<StoredName[]> {
    return manager.query<StoredName[]>(
      `select m.id, m.hash, m.api_group as "group", m.kind, m.name
       from application_version_objects o join manifests m on m.id = o.manifest where o.version = $1 order by o.position`,
      [versionId],
    );
  }

  /** Manifests by id, whole; one after the other, with room for others in between. */
  async read(ids: readonly string[]): Promise<Map<string, KubernetesObject>> {
    const found = new Map<string, KubernetesObject>();
    for (const id of ids) {
      const [row] = await this.database.query<StoredManifest[]>('select hash, body, sealed from manifests where id = $1', [id]);
      if (row !== undefined) found.set(id, parseJson(await this.open(row)) as KubernetesObject);
      await nextTurn();
    }
    return found;
  }

  /** Removes what no version holds any more. */
  async sweep(): Promise<void> {
    for (let found = BATCH; found === BATCH; ) {
      const unused = await this.database.query<{ id: string }[]>(`select id from manifests m where ${UNUSED} limit ${BATCH}`);
      found = unused.length;
      if (found === 0) return;
      await this.database.transaction(async (manager) => {
        await manager.query('select pg_advisory_xact_lock($1)', [LOCK]);
        // A writer may have taken one up again since it was found.
        await manager.query(`delete from manifests m where id = any($1) and ${UNUSED}`, [unused.map(({ id }) => id)]);
      });
    }
  }

  private async find(manager: EntityManager, manifests: readonly PreparedManifest[]): Promise<Map<string, string>> {
    const rows = await manager.query<{ id: string; hash: Buffer }[]>('select id, hash from manifests where hash = any($1)', [
      manifests.map(({ hash }) => hash),
    ]);
    return new Map(rows.map(({ id, hash }) => [hex(hash), id]));
  }

  /** In the order of their hashes: two writers of the same manifests wait for one another and not in a circle. */
  private async insert(manager: EntityManager, manifests: readonly PreparedManifest[]): Promise<void> {
    const rows = await Promise.all(
      manifests.toSorted((a, b) => a.hash.compare(b.hash)).map(async (manifest) => ({ ...manifest, ...(await this.close(manifest)) })),
    );
    await manager.query(
      `insert into manifests (hash, api_group, kind, name, body, sealed)
       select * from unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[]) on conflict (hash) do nothing`,
      [
        rows.map(({ hash }) => hash),
        rows.map(({ group }) => group),
        rows.map(({ kind }) => kind),
        rows.map(({ name }) => name),
        rows.map(({ body }) => body),
        rows.map(({ sealed }) => sealed),
      ],
    );
  }

  private async close(manifest: PreparedManifest): Promise<Omit<StoredManifest, 'hash'>> {
    if (isSecret(manifest)) return { body: null, sealed: this.cipher.encrypt(manifest.text, addressOf(manifest.hash)) };
    return { body: await compress(manifest.text), sealed: null };
  }

  private async open({ hash, body, sealed }: StoredManifest): Promise<string> {
    if (sealed !== null) return this.cipher.decrypt(sealed, addressOf(hash));
    return (await decompress(body ?? Buffer.alloc(0))).toString('utf8');
  }

  private keyed(text: string): Buffer {
    if (this.key === undefined) throw new Error('the key of the manifest hashes is not loaded yet');
    return createHmac('sha256', this.key).update(text).digest();
  }
}

const UNUSED = 'not exists (select from application_version_objects o where o.manifest = m.id)';

const hex = (hash: Buffer): string => hash.toString('hex');

/** As Postgres writes a `bytea`, which is how a rotation of keys finds the row. */
const addressOf = (hash: Buffer) => ({ table: 'manifests', id: `\\x${hex(hash)}`, field: 'sealed' });
