import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type ClusterConnection, KubernetesGateway } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import { GROUPS_ROLE_REF, groupsOfCluster, groupsRole, namesOn } from '../roles/groups-role.js';
import { RolesService } from '../roles/roles.service.js';
import { NamespaceRows } from './namespace-rows.service.js';

/** A cluster without the list needs none; whether it has one by now is looked up this often. */
const ABSENT_MS = 60_000;

/** Keeps the list of groups that a credential with the least rights may act for, in the clusters that have it. */
@Injectable()
export class MemberGroups {
  private readonly without = new LRUCache<string, true>({ max: 10_000, ttl: ABSENT_MS });

  constructor(
    private readonly kubernetes: KubernetesGateway,
    private readonly rows: NamespaceRows,
    private readonly roles: RolesService,
  ) {}

  /** After a namespace came: its members are let in at once. */
  async refresh(cluster: ClusterConnection): Promise<void> {
    const key = `${cluster.id}/${cluster.generation}`;
    if (this.without.has(key)) return;
    const target = { cluster, identity: PLATFORM };
    const role = await this.kubernetes.find(target, GROUPS_ROLE_REF);
    if (role === undefined) {
      this.without.set(key, true);
      return;
    }
    const places = (await this.rows.ofCluster(cluster.id)).map(({ project, name }) => ({ project, namespace: name }));
    const names = groupsOfCluster(cluster.name, await this.roles.namespaceRoles(), places);
    if (namesOn(role).join('\n') !== names.join('\n'))
      await this.kubernetes.apply(target, GROUPS_ROLE_REF, groupsRole(names), { force: true });
  }
}
