import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  url: string;
  query<Row extends object>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** An empty database of one's own on the server of this run. */
export async function createDatabase(): Promise<TestDatabase> {
  const admin = inject('environment').postgresUrl;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await query(admin, `create database ${name}`);
  const url = admin.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
  return {
    url,
    query: (sql, parameters) => query(url, sql, parameters),
    drop: async () => void (await query(admin, `drop database if exists ${name} with (force)`)),
  };
}

async function query<Row extends object>(url: string, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, parameters)).rows;
  } finally {
    await client.end();
  }
}
