import { Client } from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { createNamespace } from '../support/cluster-objects.js';
import { type ForwardedArchon, isChange, startForwardedArchon } from '../support/forwarded-archon.js';
import type { OperationBody } from '../support/operations.js';
import type { RecordedRequest } from '../support/recording-api-server-record.js';
import { eventually } from '../support/wait-for.js';

interface Version {
  revision: number;
  operation: string;
  diff: Record<'create' | 'update' | 'delete', { name: string }[]>;
}
type Listed = { status: number; items: Version[] };

const RECOVERED_WITHIN_MS = 30_000;
const application = (value: string, names: string[]) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name: 'shop' },
  spec: { componentTemplates: names.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } })) },
});

let opened: ForwardedArchon | undefined;
let ns: string;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function open(): Promise<ForwardedArchon> {
  opened = await startForwardedArchon(inject('environment').clusters.c2);
  ns = await createNamespace(opened.archon.client, ['r'], 'versions');
  return opened;
}

const root = () => `/acp/v1/kubernetes/r/namespaces/${ns}/applications`;

async function versions({ archon: { client } }: ForwardedArchon): Promise<Listed> {
  const { status, body } = await client.get<{ items?: Version[] }>(`${root()}/shop/versions`);
  return { status, items: body.items ?? [] };
}

/** The newest operation, once it has ended. */
const ended = ({ archon }: ForwardedArchon): Promise<OperationBody> =>
  eventually(
    async () => {
      const [newest] = (await archon.client.get<{ items: OperationBody[] }>('/acp/v1/operations?limit=1')).body.items;
      return newest !== undefined && ['Succeeded', 'Undone', 'Failed'].includes(newest.phase) && newest;
    },
    { what: 'the operation to end', timeoutMs: RECOVERED_WITHIN_MS, intervalMs: 100 },
  );

/** Runs `action` when the k-th change (from 1) has had its effect in the cluster, before Archon is told so. */
function afterChange({ recorder }: ForwardedArchon, k: number, action: () => Promise<void>): void {
  let seen = 0;
  recorder.afterEach = async (request: RecordedRequest) => {
    if (isChange(request) && ++seen === k) await action();
  };
}

async function restart({ archon, recorder }: ForwardedArchon): Promise<void> {
  recorder.afterEach = undefined;
  await archon.run();
}

/**
 * Sends a change, and ends Archon with SIGKILL when all of it is done in the cluster and recorded in the journal, but its version is not: a
 * lock keeps the transaction of that waiting.
 */
async function killedBeforeTheVersion(place: ForwardedArchon, lastChange: number, send: () => Promise<unknown>): Promise<void> {
  const { archon } = place;
  const blocker = new Client({ connectionString: archon.database.url });
  await blocker.connect();
  afterChange(place, lastChange, async () => {
    await blocker.query('begin; lock table application_versions in share row exclusive mode');
  });
  const sent = send().catch(() => undefined);
  try {
    await eventually(
      async () => {
        const waiting = await archon.database.query(
          `select from pg_locks where relation = 'application_versions'::regclass and not granted`,
        );
        return waiting.length > 0;
      },
      { what: 'the version to be about to be recorded', timeoutMs: 20_000, intervalMs: 20 },
    );
    const [step] = await archon.database.query<{ count: number }>(
      `select count(*)::integer as count from operation_steps s join operations o on o.id = s.operation_id
       where o.phase = 'Running' and s.state <> 'Done'`,
    );
    expect(step).toEqual({ count: 0 });
    await archon.kill();
    await sent;
  } finally {
    await blocker.query('rollback');
    await blocker.end();
  }
}

describe('SIGKILL between the last step of a change and its version', () => {
  it('APP-13 of a creation: there is exactly one', { timeout: 120_000 }, async () => {
    const place = await open();
    // The Application, two components, the mark that all is there.
    await killedBeforeTheVersion(place, 4, () => place.archon.client.post(root(), application('1', ['a', 'b'])));
    await restart(place);
    const { id, phase } = await ended(place);
    const { items } = await versions(place);
    expect([phase, items.map(({ revision, operation }) => [revision, operation])]).toEqual(['Succeeded', [[1, id]]]);
    expect(items[0]?.diff.create.map(({ name }) => name)).toEqual(['shop', 'a', 'b']);
  });

  it('APP-13 of an update: there is exactly one more', { timeout: 120_000 }, async () => {
    const place = await open();
    const { client } = place.archon;
    expect((await client.post(root(), application('1', ['a', 'b']))).status).toBe(200);
    // The Application, the new c, the changed a; then b is deleted.
    await killedBeforeTheVersion(place, 4, () => client.put(`${root()}/shop`, application('2', ['a', 'c'])));
    await restart(place);
    const { id, phase } = await ended(place);
    const { items } = await versions(place);
    expect([phase, items.map(({ revision }) => revision), items[0]?.operation]).toEqual(['Succeeded', [2, 1], id]);
    expect(items[0]?.diff).toMatchObject({ create: [{ name: 'c' }], update: [{ name: 'a' }], delete: [{ name: 'b' }] });
    const [left] = await place.archon.database.query<{ count: number }>(
      'select count(*)::integer as count from application_versions where revision is null',
    );
    expect(left).toEqual({ count: 0 });
  });
});

describe('SIGKILL at any step', () => {
  it.each([1, 2, 3, 4])(
    'APP-13 of an update (%i): a version of what was done, none of what was undone',
    { timeout: 120_000 },
    async (k) => {
      const place = await open();
      const { client } = place.archon;
      expect((await client.post(root(), application('1', ['a', 'b']))).status).toBe(200);
      const killed = Promise.withResolvers<void>();
      afterChange(place, k, async () => {
        await place.archon.kill();
        killed.resolve();
      });
      await Promise.all([killed.promise, client.put(`${root()}/shop`, application('2', ['a', 'c'])).catch(() => undefined)]);
      await restart(place);
      const { phase } = await ended(place);
      // The fourth change is a deletion, which can't be taken back.
      expect(phase).toBe(k === 4 ? 'Succeeded' : 'Undone');
      const { status, items } = await versions(place);
      expect([status, items.map(({ revision }) => revision)]).toEqual([200, phase === 'Succeeded' ? [2, 1] : [1]]);
      const { body } = await place.archon.client.get<{ objects: unknown[] }>(`${root()}/shop/versions/${items[0]?.revision}/diff`);
      expect(body.objects).toEqual([]);
      // Nothing is in the way of the next change.
      expect((await place.archon.client.put(`${root()}/shop`, application('3', ['a']))).status).toBe(200);
      expect((await versions(place)).items[0]?.revision).toBe(phase === 'Succeeded' ? 3 : 2);
    },
  );
});
