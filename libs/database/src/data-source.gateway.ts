import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';

/** Any fixed number will do: it only has to be the same for every replica, and unlike the one of another program in this database. */
const MIGRATION_LOCK = 7_264_501_338;

interface Options {
  url: string;
  poolSize: number;
  entities: NonNullable<DataSourceOptions['entities']>;
  migrations: NonNullable<DataSourceOptions['migrations']>;
  /** Told of each connection that breaks. */
  onConnectionLost: (error: Error) => void;
}

export function dataSourceOptions(options: Options): DataSourceOptions {
  return {
    type: 'postgres',
    url: options.url,
    applicationName: 'archon',
    poolSize: options.poolSize,
    connectTimeoutMS: 5000,
    // The pool takes its listener off a connection before TypeORM adds one: an error of that moment would end the process.
    extra: { onConnect: (client: Client) => void client.on('error', options.onConnectionLost) },
    poolErrorHandler: () => undefined,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    entities: options.entities,
    migrations: options.migrations,
    migrationsTransactionMode: 'each',
  };
}

/**
 * Brings the schema up to date and connects. Replicas that start together wait for one another on an advisory lock, held by a
 * connection of its own (a transaction pooler would lose it), so that each migration is applied once.
 */
export async function connectAndMigrate(options: DataSourceOptions & { url?: string }): Promise<DataSource> {
  const lock = new Client({ connectionString: options.url, application_name: 'archon-migrations' });
  await lock.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const dataSource = await new DataSource(options).initialize();
    await dataSource.runMigrations();
    return dataSource;
  } finally {
    await lock.end(); // ends the session, and the lock with it
  }
}

/** The statements that would make the schema fit the entities: none when the migrations are complete. */
export async function schemaDrift(dataSource: DataSource): Promise<string[]> {
  const difference = await dataSource.driver.createSchemaBuilder().log();
  return difference.upQueries.map((query) => query.query);
}
