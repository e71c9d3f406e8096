import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A cluster that this replica follows for all of them. */
export interface ClusterLease {
  clusterId: string;
  /** Its number in the index. */
  number: number;
  /** Rises with each owner. */
  token: string;
  /** There are more replicas than when it was taken: to be given up, so that each follows about as many. */
  isSurplus: boolean;
}

/** A replica that doesn't renew within this time is taken for dead. The database's clock decides, not a replica's. */
const LEASE = "interval '9 seconds'";

/** Which replica follows which cluster: a lease per cluster in Postgres. */
@Injectable()
export class ClusterLeases {
  /** This process, as the owner of leases. */
  private readonly owner = randomUUID();

  constructor(private readonly database: DataSource) {}

  /** Renews what this replica holds and takes of what nobody does as much as is its share; gives what it holds now. */
  async hold(): Promise<ClusterLease[]> {
    const share = await this.share();
    await this.database.query(
      `insert into indexed_clusters (cluster_id, lease_token)
       select c.id, 0 from clusters c where c.disabled_at is null and not exists (select from indexed_clusters i where i.cluster_id = c.id)
       on conflict on constraint indexed_clusters_cluster_id_key do nothing`,
    );
    // Waits for what is being written under the lease, a batch at most. One that has run out but that nobody took is still its owner's.
    await this.database.query(
      `update indexed_clusters i set lease_until = now() + ${LEASE} from clusters c
       where c.id = i.cluster_id and c.disabled_at is null and i.lease_owner = $1`,
      [this.owner],
    );
    // What the dead owner's last statement still holds, or another replica is taking, is left for the next round.
    await this.database.query(
      `update indexed_clusters set lease_owner = $1, lease_token = lease_token + 1, lease_until = now() + ${LEASE}
       where id in (
         select i.id from indexed_clusters i join clusters c on c.id = i.cluster_id
         where c.disabled_at is null and i.lease_owner is distinct from $1 and (i.lease_until is null or i.lease_until < now())
         limit greatest(0, $2 - (select count(*) from indexed_clusters h join clusters d on d.id = h.cluster_id
           where h.lease_owner = $1 and d.disabled_at is null))
         for update of i skip locked)`,
      [this.owner, share],
    );
    const held = await this.database.query<Omit<ClusterLease, 'isSurplus'>[]>(
      `select i.cluster_id as "clusterId", i.id as number, i.lease_token as token
       from indexed_clusters i join clusters c on c.id = i.cluster_id
       where i.lease_owner = $1 and c.disabled_at is null order by i.id`,
      [this.owner],
    );
    return held.map((lease, index) => ({ ...lease, isSurplus: index >= share }));
  }

  /** Gives one up, so that another replica need not wait until it runs out. */
  async release({ number, token }: ClusterLease): Promise<void> {
    await this.database.query(
      'update indexed_clusters set lease_until = now(), lease_owner = null where id = $1 and lease_owner = $2 and lease_token = $3',
      [number, this.owner, token],
    );
  }

  /** This replica ends: others take what it holds. */
  async releaseAll(): Promise<void> {
    await this.database.query('delete from index_followers where id = $1', [this.owner]);
    await this.database.query('update indexed_clusters set lease_until = now() where lease_owner = $1', [this.owner]);
  }

  /** How many clusters each of the replicas that live follows, at most. */
  private async share(): Promise<number> {
    const [row] = await this.database.query<{ share: number }[]>(
      `with seen as (insert into index_followers (id, seen_at) values ($1, now()) on conflict (id) do update set seen_at = now()),
         gone as (delete from index_followers where seen_at < now() - interval '1 hour')
       select ceil((select count(*) from clusters where disabled_at is null)::numeric
         / (1 + (select count(*) from index_followers where id <> $1 and seen_at > now() - ${LEASE})))::int as share`,
      [this.owner],
    );
    return row?.share ?? 0;
  }
}
