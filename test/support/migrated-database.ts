import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { connectAndMigrate, dataSourceOptions, startEmbeddedPostgres } from '#database';
import { migrations } from '#migrations';

export interface MigratedDatabase {
  database: DataSource;
  url: string;
  stop(): Promise<void>;
}

/** A Postgres of one's own with Archon's schema: for repositories that are tested without the rest of Archon. */
export async function startMigratedDatabase(): Promise<MigratedDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'archon-database-'));
  const postgres = await startEmbeddedPostgres(folder, { durable: false, dieWithParent: true });
  const { url } = postgres;
  const options = dataSourceOptions({ url, poolSize: 8, entities: [], migrations, onConnectionLost: () => undefined });
  const database = await connectAndMigrate({ ...options, url });
  return {
    database,
    url,
    stop: async () => {
      await database.destroy();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A registered cluster, as far as foreign keys ask for one; its id. */
export async function insertCluster(database: DataSource, name: string): Promise<string> {
  const [row] = await database.query<{ id: string }[]>(
    `insert into clusters (id, name, display_name, labels, annotations, endpoint, credential, generation, resource_version, checks, expirations,
       system_uid, service_account_tokens, missing_permissions, created_by, created_at)
     values (gen_random_uuid(), $1, '', '{}', '{}', 'https://192.0.2.1', '', 1, 1, '[]', '[]', gen_random_uuid(), false, '{}', 'test', now())
     returning id`,
    [name],
  );
  return row?.id ?? '';
}
