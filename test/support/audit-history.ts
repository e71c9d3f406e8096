import { createHash } from 'node:crypto';
import path from 'node:path';
import { Client } from 'pg';
import { FieldCipher } from '#database';
import { type ChainedEvent, chain } from '../../apps/archon/src/audit/audit-chain.js';
import type { AuditEvent } from '../../apps/archon/src/audit/audit-event.js';
import { SEAL_ADDRESS } from '../../apps/archon/src/audit/audit-log.repository.js';
import { EVENT_COLUMNS, toRow } from '../../apps/archon/src/audit/audit-row.js';
import { sealedText } from '../../apps/archon/src/audit/chain-check.js';
import type { Archon } from './archon.js';
import { type Random, random } from './random.js';

const BATCH = 4000;
const DAY_MS = 86_400_000;

/** Values as a fleet has them: a few are in most events, many in a few. */
export const FLEET = {
  users: many(400, (n) => (n < 5 ? `ci-${n}@example.org` : `user-${n}@example.org`)),
  clusters: many(50, (n) => `cluster-${n}`),
  namespaces: many(300, (n) => `team-${n}`),
  resources: ['configmaps', 'pods', 'deployments', 'secrets', 'services', 'jobs', 'ingresses', 'roles', 'accesstoken', 'clusters'],
  verbs: ['patch', 'create', 'update', 'delete', 'get', 'deletecollection'],
  addresses: many(200, (n) => `192.0.2.${n}`),
};

function many(count: number, name: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => name(n));
}

/** The first ones far more often than the last ones. */
const skewed = <T>(items: readonly T[], choices: Random): T => items[Math.floor((choices.below(1e6) / 1e6) ** 3 * items.length)] as T;

const uuid = (of: string): string =>
  createHash('md5')
    .update(of)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** The two events of a change. Frequent values that never meet: the user ci-0 deletes nothing, and secrets are only touched in one cluster. */
function change(choices: Random, time: Date, n: number): AuditEvent[] {
  const user = skewed(FLEET.users, choices);
  const resource = skewed(FLEET.resources, choices);
  const verb = skewed(FLEET.verbs, choices);
  const cluster = resource === 'secrets' ? 'cluster-0' : skewed(FLEET.clusters, choices);
  const id = (of: string) => uuid(`${n} ${of}`);
  const code = choices.below(20) === 0 ? 403 : choices.below(30) === 0 ? 409 : 200;
  const received: AuditEvent = {
    id: id('received'),
    time,
    stage: 'RequestReceived',
    requestId: id('request'),
    user,
    credentialKind: 'token',
    credentialId: id('token'),
    impersonatedUser: '',
    impersonatedGroups: [],
    sourceAddress: skewed(FLEET.addresses, choices),
    userAgent: 'kubectl/v1.36.0 (linux/amd64) kubernetes/0123456',
    cluster,
    group: resource === 'deployments' ? 'apps' : '',
    resource,
    subresource: '',
    verb: user === 'ci-0@example.org' && verb === 'delete' ? 'patch' : verb,
    namespace: skewed(FLEET.namespaces, choices),
    name: `object-${choices.below(20_000)}`,
    operation: '',
    route: '',
    parameters: 'fieldManager=kubectl',
    code: 0,
    outcome: '',
    reason: '',
    durationMs: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
  const outcome = code === 200 ? 'Success' : code === 403 ? 'Denied' : 'Failure';
  const result = { code, outcome, durationMs: choices.below(300), bytesIn: 800, bytesOut: 1200 } as const;
  return [received, { ...received, ...result, id: id('complete'), stage: 'ResponseComplete' }];
}

/**
 * Lets an Archon that does not run have an audit log of so many events, in one chain with its seal, over the `days` before now. The events
 * before are gone.
 */
export async function writeHistory(archon: Archon, count: number, days: number, seed: number): Promise<void> {
  const client = new Client({ connectionString: archon.database.url });
  await client.connect();
  try {
    await client.query('set session_replication_role = replica');
    await client.query('set synchronous_commit = off');
    await client.query('delete from audit_heads');
    await client.query('delete from audit_events');
    const begin = Date.now() - days * DAY_MS;
    await createMonths(client, begin);
    const indexes = await dropIndexes(client);
    const choices = random(seed);
    let head: Pick<ChainedEvent, 'sequence' | 'hash'> = { sequence: 0, hash: Buffer.alloc(32) };
    let recordedAt = new Date(begin);
    while (head.sequence < count) {
      const batch: AuditEvent[] = [];
      const rows: ChainedEvent[] = [];
      while (rows.length < BATCH) {
        // As Archon does it: what came within some 100 ms stands in the log with the same time.
        batch.length = 0;
        for (let n = 0; n <= choices.below(3); n++) batch.push(...change(choices, recordedAt, head.sequence + 2 * n));
        const chained = chain({ ...head, recordedAt }, batch);
        rows.push(...chained);
        head = chained.at(-1) as ChainedEvent;
        recordedAt = new Date(begin + Math.floor((head.sequence / count) * (days * DAY_MS - 60_000)));
      }
      await client.query(
        `insert into audit_events (${EVENT_COLUMNS}) select ${EVENT_COLUMNS} from json_populate_recordset(null::audit_events, $1)`,
        [JSON.stringify(rows.map(toRow))],
      );
    }
    const dropped = { sequence: 0, hash: Buffer.alloc(32) };
    const cipher = await FieldCipher.load(path.join(archon.state, 'keys', 'encryption.key'));
    await client.query(
      'update audit_chain set sequence = $1, hash = $2, recorded_at = $3, dropped_sequence = 0, dropped_hash = $4, seal = $5',
      [head.sequence, head.hash, recordedAt, dropped.hash, cipher.encrypt(sealedText({ dropped, head }), SEAL_ADDRESS)],
    );
    for (const definition of indexes) await client.query(definition);
    await client.query('vacuum analyze audit_events');
  } finally {
    await client.end();
  }
}

async function createMonths(client: Client, since: number): Promise<void> {
  const first = new Date(since);
  for (let month = first.getUTCMonth(); ; month++) {
    const [from, to] = [Date.UTC(first.getUTCFullYear(), month, 1), Date.UTC(first.getUTCFullYear(), month + 1, 1)];
    if (from > Date.now()) return;
    const [begin, end] = [new Date(from).toISOString(), new Date(to).toISOString()];
    await client.query(
      `create table if not exists audit_events_${begin.slice(0, 7).replace('-', '_')} partition of audit_events for values from ('${begin}') to ('${end}')`,
    );
  }
}

/** Filling them row by row takes longer than making them afterwards; gives the statements that do. */
async function dropIndexes(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where tablename = 'audit_events' and indexname <> 'audit_events_pkey'`,
  );
  for (const { indexname } of rows) await client.query(`drop index ${indexname}`);
  return rows.map(({ indexdef }) => indexdef.replace(' ON ONLY ', ' ON '));
}
