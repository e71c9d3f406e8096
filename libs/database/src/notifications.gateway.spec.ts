import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.gateway.js';
import { Notifications } from './notifications.gateway.js';

let folder: string;
let postgres: EmbeddedPostgres;
const opened: Notifications[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'notifications-'));
  postgres = await startEmbeddedPostgres(folder, { dieWithParent: true, durable: false });
}, 60_000);
afterAll(async () => {
  await Promise.all(opened.map((notifications) => notifications.close()));
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const database = {
  async query(sql: string, parameters: unknown[] = []): Promise<void> {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(sql, parameters);
    await client.end();
  },
};

async function open(onLost: (error: Error) => void = () => undefined): Promise<Notifications> {
  const notifications = new Notifications(postgres.url, database, onLost);
  await notifications.open();
  opened.push(notifications);
  return notifications;
}

it('tells this replica at once and the others soon, each topic to its own listeners', async () => {
  const [one, other] = [await open(), await open()];
  const [here, there, elsewhere] = [vi.fn(), vi.fn(), vi.fn()];
  one.on('tokens', here);
  other.on('tokens', there);
  other.on('clusters', elsewhere);
  await one.publish('tokens', 'revoked "a"');
  expect(here).toHaveBeenCalledWith('revoked "a"');
  await vi.waitFor(() => expect(there).toHaveBeenCalledExactlyOnceWith('revoked "a"'));
  expect(elsewhere).not.toHaveBeenCalled();
});

it('listens again after its connection was cut, and says that something may have been missed', async () => {
  const onLost = vi.fn();
  const [one, other] = [await open(), await open(onLost)];
  const [gap, there] = [vi.fn(), vi.fn()];
  other.onGap(gap);
  other.on('tokens', there);
  await database.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'archon-notifications'");
  await vi.waitFor(() => expect(gap).toHaveBeenCalled(), { timeout: 10_000 });
  expect(onLost).toHaveBeenCalled();
  await one.publish('tokens', 'again');
  await vi.waitFor(() => expect(there).toHaveBeenCalledWith('again'));
});
