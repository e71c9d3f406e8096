import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { environment } from '#config';
import { connectAndMigrate, dataSourceOptions, schemaDrift, startEmbeddedPostgres } from '#database';
import { migrations } from '#migrations';
import { ENTITIES } from './database.module.js';

/** Exits 1 and prints the missing statements when the migrations, applied to an empty database, don't give the entities' schema. */
async function checkMigrations(): Promise<void> {
  const given = environment().ARCHON_DATABASE_URL;
  const folder = await mkdtemp(path.join(tmpdir(), 'archon-migrations-'));
  const postgres = given === undefined ? await startEmbeddedPostgres(folder, { durable: false, dieWithParent: true }) : undefined;
  try {
    const url = given ?? postgres?.url ?? '';
    const database = await connectAndMigrate({
      ...dataSourceOptions({ url, poolSize: 2, entities: ENTITIES, migrations, onConnectionLost: () => undefined }),
      url,
    });
    const statements = await schemaDrift(database);
    await database.destroy();
    for (const statement of statements) process.stdout.write(`${statement};\n`);
    process.stdout.write(statements.length === 0 ? 'the migrations give the schema of the entities\n' : 'a migration is missing\n');
    process.exitCode = statements.length === 0 ? 0 : 1;
  } finally {
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await checkMigrations();
