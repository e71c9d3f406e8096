import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { AccessScope, ScopedNamespace } from '../auth/access-scope.js';
import { type BoundScope, currentScope } from '../auth/bound-scope.js';
import { AccessTokenEntity } from './access-token.entity.js';

/** What a request needs to know of its token. */
export interface TokenRow {
  id: string;
  userName: string;
  /** As far as its clusters and projects are the ones that they were. */
  scope: AccessScope | null;
  /** Whether a trust rule gave it to a job. */
  isOfJob: boolean;
  /** Given with it; null: those of its user. */
  groups: string[] | null;
  hash: Buffer;
  /** By the clock of this process, however that goes. */
  expiresAt: Date;
}

interface Waiting {
  resolve: (row: TokenRow | undefined) => void;
  reject: (error: Error) => void;
}

const MAX_BATCH = 500;
const SELECT = `
  select id, user_name, scope, trust_rule_id, groups, hash, extract(epoch from expires_at - clock_timestamp()) * 1000 as left_ms,
    case when scope ? 'clusterIds' then (select jsonb_object_agg(c.name, c.id) from clusters c
      where c.name in (select jsonb_object_keys(scope -> 'clusterIds'))) end as cluster_ids,
    case when scope ? 'projectIds' then (select jsonb_object_agg(p.name, p.id) from projects p
      where p.name in (select jsonb_object_keys(scope -> 'projectIds'))) end as project_ids,
    case when scope ? 'projectIds' then (select jsonb_agg(jsonb_build_object('cluster', c.name, 'namespace', n.name))
      from projects p join namespaces n on n.project = p.name join clusters c on c.id = n.cluster_id
      where p.id::text = scope -> 'projectIds' ->> p.name) end as project_namespaces
  from access_tokens where id = any($1) and expires_at > clock_timestamp()`;

interface Columns {
  id: string;
  user_name: string;
  scope: BoundScope | null;
  trust_rule_id: string | null;
  groups: string[] | null;
  hash: Buffer;
  left_ms: string;
  /** By name: the clusters of today whose names are in the scope. */
  cluster_ids: Record<string, string> | null;
  /** The same of projects. */
  project_ids: Record<string, string> | null;
  /** Of those projects that are the same ones still. */
  project_namespaces: ScopedNamespace[] | null;
}

/** Reads the rows of tokens that are checked at the same time with one statement: under load, hundreds of requests share one. */
@Injectable()
export class TokenRows {
  private waiting = new Map<string, Waiting[]>();

  constructor(@InjectRepository(AccessTokenEntity) private readonly rows: Repository<AccessTokenEntity>) {}

  /** The row of a token that has not ended, by the clock of the database. `id` is a UUID in lower case. */
  find(id: string): Promise<TokenRow | undefined> {
    return new Promise((resolve, reject) => {
      if (this.waiting.size === 0) setImmediate(() => void this.flush());
      const others = this.waiting.get(id);
      if (others === undefined) this.waiting.set(id, [{ resolve, reject }]);
      else others.push({ resolve, reject });
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = new Map();
    const ids = [...batch.keys()];
    const parts = Array.from({ length: Math.ceil(ids.length / MAX_BATCH) }, (_, part) =>
      ids.slice(part * MAX_BATCH, (part + 1) * MAX_BATCH),
    );
    await Promise.all(parts.map((part) => this.read(part, batch)));
  }

  private async read(ids: string[], batch: ReadonlyMap<string, Waiting[]>): Promise<void> {
    const each = (act: (waiting: Waiting, id: string) => void) => {
      for (const id of ids) for (const waiting of batch.get(id) ?? []) act(waiting, id);
    };
    try {
      const found = await this.rows.query<Columns[]>(SELECT, [ids]);
      const now = Date.now();
      const rows = new Map(found.map((columns) => [columns.id, toTokenRow(columns, now)]));
      each(({ resolve }, id) => resolve(rows.get(id)));
    } catch (error) {
      each(({ reject }) => reject(error as Error));
    }
  }
}

const toTokenRow = (
  { id, user_name: userName, scope, trust_rule_id, groups, hash, left_ms: leftMs, ...names }: Columns,
  now: number,
): TokenRow => ({
  id,
  userName,
  scope:
    scope &&
    currentScope(scope, {
      clusterIds: names.cluster_ids ?? {},
      projectIds: names.project_ids ?? {},
      projectNamespaces: names.project_namespaces ?? [],
    }),
  isOfJob: trust_rule_id !== null,
  groups,
  hash,
  expiresAt: new Date(now + Number(leftMs)),
});
