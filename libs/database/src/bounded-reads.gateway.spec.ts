import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MigratedDatabase, startMigratedDatabase } from '../../../test/support/migrated-database.js';
import { BoundedReads } from './bounded-reads.gateway.js';

let started: MigratedDatabase;
let reads: BoundedReads;

beforeAll(async () => {
  started = await startMigratedDatabase();
  reads = new BoundedReads({ url: started.url, connections: 2, seconds: 1, onConnectionLost: () => undefined });
}, 60_000);
afterAll(async () => {
  await reads?.close();
  await started?.stop();
});

const active = async () => {
  const rows = await started.database.query<object[]>(
    `select from pg_stat_activity where application_name = 'archon-lists' and state = 'active'`,
  );
  return rows.length;
};

describe('a read that is bounded', () => {
  it('gives the rows', async () => {
    expect(await reads.query('select n from generate_series(1, $1::int) as n', [3])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('ends in time, in the database too', async () => {
    const begun = performance.now();
    await expect(reads.query('select pg_sleep(20)')).rejects.toMatchObject({ code: 504, reason: 'Timeout' });
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(await active()).toBe(0);
  });

  it('waits for others', async () => {
    const others = [0.3, 0.3].map((seconds) => reads.query('select pg_sleep($1)', [seconds]));
    expect(await reads.query('select 1 as n')).toEqual([{ n: 1 }]);
    await Promise.all(others);
  });

  it('gives up when others keep it waiting', async () => {
    const locked = started.database.createQueryRunner();
    await locked.query('select pg_advisory_lock(1)');
    const blocked = Array.from({ length: 4 }, () => reads.query('select pg_advisory_lock_shared(1)').catch((error: unknown) => error));
    await expect(Promise.all(blocked)).resolves.toEqual(Array.from({ length: 4 }, () => expect.objectContaining({ code: 504 }) as unknown));
    await locked.query('select pg_advisory_unlock(1)');
    await locked.release();
    expect(await reads.query('select 1 as n')).toEqual([{ n: 1 }]);
  });

  it('fails as the statement does', async () => {
    await expect(reads.query('select 1/0')).rejects.toMatchObject({ code: '22012' });
  });
});
