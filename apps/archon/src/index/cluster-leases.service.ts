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
}

/** A replica that doesn't renew within this time is taken for dead. The database's clock decides, not a replica's. */
const LEASE = "interval '9 seconds'";

/** Which replica follows which cluster: a lease per cluster in Postgres. */
@Injectable()
export class ClusterLeases {
  /** This process, as the owner of leases. */
  private readonly owner = randomUUID();

  constructor(private readonly database: DataSource) {}

  /** Renews what this replica holds and takes what nobody does; gives what it holds now. */
  async hold(): Promise<ClusterLease[]> {
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
         for update of i skip locked)`,
      [this.owner],
    );
    return this.database.query<ClusterLease[]>(
      `select i.cluster_id as "clusterId", i.id as number, i.lease_token as token
       from indexed_clusters i join clusters c on c.id = i.cluster_id
       where i.lease_owner = $1 and c.disabled_at is null order by i.id`,
      [this.owner],
    );
  }

  /** Others need not wait until the leases run out. */
  async release(): Promise<void> {
    await this.database.query('update indexed_clusters set lease_until = now() where lease_owner = $1', [this.owner]);
  }
}
