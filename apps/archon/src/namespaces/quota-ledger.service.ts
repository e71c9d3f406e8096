import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { conflict, forbidden, invalid } from '#errors';
import { formatQuantity, parseQuantity } from '#kubernetes';
import { shortfallCauses, shortfalls } from '../quotas/fit.js';

/** A project's share of a cluster. */
export interface Share {
  project: string;
  clusterId: string;
  /** Name of the cluster, for messages. */
  cluster: string;
}

/** Amounts by quota key, in nano-units. */
export type Amounts = Map<string, bigint>;

/**
 * Who has claimed what of which quota. All changes of one project in one cluster happen one after the other, under the lock of its row in
 * `project_clusters`, and within the transaction that also stores what the claim is for: no two requests together get more than there is.
 */
@Injectable()
export class QuotaLedger {
  /** The project's quota in a cluster, locked until the transaction ends. Throws 409 while the project is being deleted, 422 without an association. */
  async lock(manager: EntityManager, { project, clusterId, cluster }: Share): Promise<Record<string, string>> {
    const [row] = await manager.query<{ hard: Record<string, string>; deleted: boolean }[]>(
      `select c.hard, p.deleted_at is not null as deleted from project_clusters c join projects p on p.name = c.project
       where c.project = $1 and c.cluster_id = $2 for update of c`,
      [project, clusterId],
    );
    if (row === undefined)
      throw invalid('the namespace', [
        {
          field: 'cluster',
          message: `the project "${project}" has no share of the cluster "${cluster}": an administrator can associate it`,
        },
      ]);
    if (row.deleted) throw conflict(`the project "${project}" is being deleted`, { kind: 'projects', name: project });
    return row.hard;
  }

  /**
   * Claims amounts for a namespace in place of what it had. Throws 403 that names each type, what was asked and what is available; nothing is
   * changed then. The share is locked and the namespace stored before.
   */
  async claim(
    manager: EntityManager,
    share: Share,
    namespace: string,
    { hard, isNew }: { hard: Readonly<Record<string, string>>; isNew: boolean },
  ): Promise<void> {
    const quota = await this.lock(manager, share);
    const allocated = toQuantities(await this.allocated(manager, share, namespace));
    const short = shortfalls({ hard: quota, allocated, asked: hard, own: isNew ? undefined : {} });
    if (short.length > 0) {
      const place = `the project "${share.project}" on the cluster "${share.cluster}"`;
      const causes = shortfallCauses('resourcequota.spec.hard', place, short);
      const message = causes.map((cause, index) => `${short[index]?.key} ${cause.message}`).join('; ');
      throw forbidden(`the project's quota does not suffice: ${message}`, { kind: 'namespaces', name: namespace, causes });
    }
    await this.set(manager, share.clusterId, namespace, toAmounts(hard));
  }

  /** What all namespaces of the project have claimed in a cluster, but one. */
  async allocated(manager: EntityManager, { project, clusterId }: Pick<Share, 'project' | 'clusterId'>, but = ''): Promise<Amounts> {
    const rows = await manager.query<{ key: string; amount: string }[]>(
      `select c.key, sum(c.amount)::text as amount from quota_claims c join namespaces n on n.cluster_id = c.cluster_id and n.name = c.namespace
       where n.project = $1 and n.cluster_id = $2 and n.name <> $3 group by c.key`,
      [project, clusterId, but],
    );
    return new Map(rows.map(({ key, amount }) => [key, BigInt(amount)]));
  }

  /** Writes claims down that are known to fit: those that the namespace had before, or fewer. */
  async set(manager: EntityManager, clusterId: string, namespace: string, amounts: Amounts): Promise<void> {
    await manager.query('delete from quota_claims where cluster_id = $1 and namespace = $2 and key <> all($3)', [
      clusterId,
      namespace,
      [...amounts.keys()],
    ]);
    if (amounts.size === 0) return;
    await manager.query(
      `insert into quota_claims (cluster_id, namespace, key, amount)
       select $1, $2, key, amount from unnest($3::text[], $4::numeric[]) as asked (key, amount)
       on conflict on constraint quota_claims_pkey do update set amount = excluded.amount`,
      [clusterId, namespace, [...amounts.keys()], [...amounts.values()].map(String)],
    );
  }
}

/** The amounts of checked quantities. */
export function toAmounts(hard: Readonly<Record<string, string>>): Amounts {
  return new Map(
    Object.entries(hard).map(([key, text]) => {
      const amount = parseQuantity(text);
      if (amount === undefined) throw new Error(`${key} is not a quantity`);
      return [key, amount];
    }),
  );
}

/** The other way round. */
const toQuantities = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries([...amounts].map(([key, nanos]) => [key, formatQuantity(nanos)]));
