import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AppConfig } from '../../config.module.js';
import { ManifestStore, type PreparedManifest, type StoredName } from './manifest-store.repository.js';
import { type ListedManifest, type ObjectChanges, objectChanges } from './object-changes.js';

/** An application by its name. Others of the same name, which are gone, had other UIDs. */
export interface ApplicationKey {
  clusterId: string;
  namespace: string;
  name: string;
}

/** What is told of a version besides its contents. */
export interface VersionNote {
  user: string;
  changeCause: string;
  ticket: string;
}

/** A version as it is to be stored. */
export interface VersionDraft extends VersionNote {
  /** Of the Application; null when it is about to be made. */
  uid: string | null;
  manifests: readonly PreparedManifest[];
  images: string[];
}

/** Of an application that is there. */
export type VersionBase = VersionDraft & { uid: string };

/** How often an application was changed through Archon when it was read; undefined: while it was being changed. */
export type Basis = string | undefined;

export interface VersionRow extends VersionNote {
  id: string;
  uid: string;
  revision: number;
  operationId: string | null;
  createdAt: Date;
  digest: Buffer;
  images: string[];
  changes: ObjectChanges;
}

interface History {
  id: string;
  uid: string | null;
  revision: number;
  changes: string;
}

const COLUMNS = `v.id, v.uid, v.revision, v.operation_id as "operationId", v.user_name as "user", v.created_at as "createdAt",
  v.change_cause as "changeCause", v.ticket, v.digest, v.images, v.changes`;
const OF_NAME = 'h.cluster_id = $1 and h.namespace = $2 and h.name = $3';

/** The versions of applications in Postgres. The row of a history is locked by whoever writes to it: revisions have no gap and no double. */
@Injectable()
export class VersionLedger {
  constructor(
    private readonly database: DataSource,
    private readonly manifests: ManifestStore,
    private readonly config: AppConfig,
  ) {}

  /** Asked before an application is read that is to be changed. */
  async basis({ clusterId, namespace, name }: ApplicationKey): Promise<Basis> {
    const [row] = await this.database.query<{ changes: string; busy: boolean }[]>(
      `select coalesce((select h.changes from application_histories h where ${OF_NAME}), 0) as changes, ${BUSY} as busy`,
      [clusterId, namespace, name],
    );
    return row === undefined || row.busy ? undefined : row.changes;
  }

  /** Keeps what an operation will have made until it ends; `base` becomes the first version of an application that has none. False when the application was changed since its basis: then nothing may be kept. */
  async keep(
    manager: EntityManager,
    key: ApplicationKey,
    draft: VersionDraft,
    { operationId, read, base }: { operationId: string; read: { basis: Basis } | undefined; base: VersionBase | undefined },
  ): Promise<boolean> {
    const history = await this.lock(manager, key, 1);
    if (read !== undefined && !follows(history, read.basis, 1n)) return false;
    if (base !== undefined && history.uid !== base.uid)
      await this.publish(manager, history, await this.insert(manager, history, base, null), base.uid, undefined);
    await this.insert(manager, history, draft, operationId);
    return true;
  }

  /** Another change is about to be made, of which nothing is kept. False when the application was changed since its basis. */
  async touch(manager: EntityManager, key: ApplicationKey, read: { basis: Basis } | undefined): Promise<boolean> {
    const history = await this.lock(manager, key, 1);
    return read === undefined || follows(history, read.basis, 1n);
  }

  /** What an operation that has succeeded made becomes a version, unless that is what the version before it is. Done again it does nothing. */
  async publishOf(manager: EntityManager, key: ApplicationKey, operationId: string): Promise<void> {
    const [draft] = await manager.query<{ id: string; uid: string | null; digest: Buffer }[]>(
      'select id, uid, digest from application_versions where operation_id = $1 and revision is null',
      [operationId],
    );
    if (draft === undefined) return;
    const history = await this.lock(manager, key, 0);
    const uid = draft.uid ?? (await madeBy(manager, operationId));
    const before = history.uid === uid ? await this.last(manager, history) : undefined;
    if (uid === undefined || before?.digest.equals(draft.digest)) await this.dropOf(manager, operationId);
    else await this.publish(manager, history, draft.id, uid, before);
  }

  /** Nothing of an operation that was undone stays. */
  async dropOf(manager: EntityManager, operationId: string): Promise<void> {
    await manager.query('delete from application_versions where operation_id = $1 and revision is null', [operationId]);
  }

  /**
   * Makes a version at once, also when nothing has changed; with `dryRun` only says which. Undefined when the application was changed since its
   * basis, or is being changed.
   */
  async record(
    key: ApplicationKey,
    draft: VersionBase,
    { basis, dryRun }: { basis: Basis; dryRun: boolean },
  ): Promise<VersionRow | undefined> {
    const runner = this.database.createQueryRunner();
    try {
      await runner.startTransaction();
      const version = await this.recorded(runner.manager, key, draft, basis);
      await (dryRun ? runner.rollbackTransaction() : runner.commitTransaction());
      return version;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** The application of this name is gone: its versions stay for a while. */
  async expire(manager: EntityManager, { clusterId, namespace, name }: ApplicationKey): Promise<void> {
    await manager.query(
      `update application_versions v set expires_at = now() + make_interval(days => $4)
       from application_histories h where h.id = v.history and ${OF_NAME} and v.revision is not null and v.expires_at is null`,
      [clusterId, namespace, name, this.config.applicationVersionDays],
    );
  }

  /** UID of the application that had this name last and has versions. */
  async newestUid({ clusterId, namespace, name }: ApplicationKey): Promise<string | undefined> {
    const [row] = await this.database.query<{ uid: string | null }[]>(`select h.uid from application_histories h where ${OF_NAME}`, [
      clusterId,
      namespace,
      name,
    ]);
    return row?.uid ?? undefined;
  }

  /** Newest first, from below a revision on. */
  list({ clusterId, namespace, name }: ApplicationKey, uid: string, page: { below: number; limit: number }): Promise<VersionRow[]> {
    return this.database.query<VersionRow[]>(
      `select ${COLUMNS} from application_versions v join application_histories h on h.id = v.history
       where ${OF_NAME} and v.uid = $4 and v.revision < $5 order by v.revision desc limit $6`,
      [clusterId, namespace, name, uid, page.below, page.limit],
    );
  }

  async find(key: ApplicationKey, uid: string, revision: number): Promise<VersionRow | undefined> {
    const [row] = await this.list(key, uid, { below: revision + 1, limit: 1 });
    return row?.revision === revision ? row : undefined;
  }

  /** Removes the versions whose time is over; those of clusters that were removed get theirs. */
  async sweep(): Promise<void> {
    await this.database.query(
      `update application_versions v set expires_at = now() + make_interval(days => $1)
       from application_histories h where h.id = v.history and v.expires_at is null and v.revision is not null
         and not exists (select from clusters c where c.id = h.cluster_id)`,
      [this.config.applicationVersionDays],
    );
    await this.database.query('delete from application_versions where expires_at < now()');
    await this.manifests.sweep();
  }

  private async recorded(manager: EntityManager, key: ApplicationKey, draft: VersionBase, basis: Basis): Promise<VersionRow | undefined> {
    const history = await this.lock(manager, key, 0);
    if (!follows(history, basis, 0n)) return undefined;
    const id = await this.insert(manager, history, draft, null);
    const before = history.uid === draft.uid ? await this.last(manager, history) : undefined;
    await this.publish(manager, history, id, draft.uid, before);
    const [row] = await manager.query<VersionRow[]>(`select ${COLUMNS} from application_versions v where v.id = $1`, [id]);
    return row;
  }

  private async lock(manager: EntityManager, { clusterId, namespace, name }: ApplicationKey, changes: 0 | 1): Promise<History> {
    const [row] = await manager.query<History[]>(
      `insert into application_histories (cluster_id, namespace, name, revision, changes) values ($1, $2, $3, 0, $4)
       on conflict (cluster_id, namespace, name) do update set changes = application_histories.changes + $4
       returning id, uid, revision, changes`,
      [clusterId, namespace, name, changes],
    );
    if (row === undefined) throw new Error('an upsert returns its row');
    return row;
  }

  private async insert(manager: EntityManager, history: History, draft: VersionDraft, operationId: string | null): Promise<string> {
    const ids = await this.manifests.save(manager, draft.manifests);
    const [row] = await manager.query<{ id: string }[]>(
      `insert into application_versions (history, uid, operation_id, user_name, created_at, change_cause, ticket, digest, images)
       values ($1, $2, $3, $4, now(), $5, $6, $7, $8) returning id`,
      [history.id, draft.uid, operationId, draft.user, draft.changeCause, draft.ticket, digestOf(draft.manifests), draft.images],
    );
    const id = row?.id ?? '';
    await manager.query(
      `insert into application_version_objects (version, position, manifest)
       select $1, position, manifest from unnest($2::bigint[]) with ordinality as listed (manifest, position)`,
      [id, ids],
    );
    return id;
  }

  private async last(manager: EntityManager, { id, uid, revision }: History): Promise<VersionRow | undefined> {
    const [row] = await manager.query<VersionRow[]>(
      `select ${COLUMNS} from application_versions v where v.history = $1 and v.uid = $2 and v.revision = $3`,
      [id, uid, revision],
    );
    return row;
  }

  private async publish(manager: EntityManager, history: History, id: string, uid: string, before: VersionRow | undefined): Promise<void> {
    const revision = history.uid === uid ? history.revision + 1 : 1;
    const old = before === undefined ? [] : await this.manifests.list(before.id, manager);
    const changes = objectChanges(old.map(toListed), (await this.manifests.list(id, manager)).map(toListed));
    await manager.query(
      'update application_versions set uid = $2, revision = $3, changes = $4, created_at = clock_timestamp() where id = $1',
      [id, uid, revision, JSON.stringify(changes)],
    );
    await manager.query('update application_histories set uid = $2, revision = $3 where id = $1', [history.id, uid, revision]);
    await manager.query('delete from application_versions where history = $1 and uid = $2 and revision <= $3', [
      history.id,
      uid,
      revision - this.config.applicationVersions,
    ]);
    if (revision === 1)
      await manager.query(
        `update application_versions set expires_at = now() + make_interval(days => $3)
         where history = $1 and uid <> $2 and revision is not null and expires_at is null`,
        [history.id, uid, this.config.applicationVersionDays],
      );
  }
}

/** Whether there were just so many changes since. */
const follows = ({ changes }: History, basis: Basis, since: bigint): boolean =>
  basis !== undefined && BigInt(changes) - BigInt(basis) === since;

const BUSY = `exists (select from operations o where o.cluster_id = $1 and o.namespace = $2 and o.name = $3
  and o.phase in ('Running', 'Waiting', 'Undoing'))`;

export const toListed = ({ group, kind, name, hash }: StoredName | PreparedManifest): ListedManifest => ({
  group,
  kind,
  name,
  digest: hash.toString('hex'),
});

/** Of the contents, whatever their order. */
const digestOf = (manifests: readonly PreparedManifest[]): Buffer => {
  const hashes = manifests.map(({ hash }) => hash).toSorted((a, b) => a.compare(b));
  return createHash('sha256').update(Buffer.concat(hashes)).digest();
};

/** UID of the Application that an operation made. */
async function madeBy(manager: EntityManager, operationId: string): Promise<string | undefined> {
  const [row] = await manager.query<{ uid: string }[]>(
    `select uid from operation_steps where operation_id = $1 and uid is not null
       and action = 'apply' and ref->>'group' = 'app.k8s.io' and ref->>'resource' = 'applications' order by index limit 1`,
    [operationId],
  );
  return row?.uid;
}
