import { Identity } from '#kubernetes';
import type { Membership } from './membership.js';
import { type TargetGroups, targetGroups } from './target-groups.js';

/** What a request may carry of groups of single namespaces, all their names together. API servers take headers of 1 MiB, others in between of 64 KiB. */
const MAX_BYTES = 40 * 1024;

/** A caller with all groups that it has in a cluster, however many. */
export type WholeCaller = Pick<Identity, 'user' | 'groups'>;

interface ClusterIdentities {
  groups: TargetGroups;
  /** With no group of a single namespace. */
  elsewhere: Identity;
  /** With those of all namespaces, and the same as far as a request can carry it. */
  whole: WholeCaller | undefined;
  everywhere: Identity | undefined;
  byNamespace: Map<string, Identity>;
}

/** As whom one member is seen, cluster by cluster and namespace by namespace. Each is made once: its headers are remembered with it. */
export class TargetIdentities {
  private readonly clusters = new Map<string, ClusterIdentities>();

  constructor(
    private readonly identity: Identity,
    private readonly memberships: readonly Membership[],
  ) {}

  /** Without a namespace, groups of all namespaces are sent: what is asked may be in the body. So many that headers can't hold them stay away. */
  at(cluster: string, namespace: string | undefined): Identity {
    const known = this.clusters.get(cluster) ?? this.load(cluster);
    if (namespace === undefined) return (known.everywhere ??= this.everywhere(known));
    const groups = known.groups.ofNamespaces.get(namespace);
    if (groups === undefined) return known.elsewhere;
    let identity = known.byNamespace.get(namespace);
    if (identity === undefined) known.byNamespace.set(namespace, (identity = this.with([...known.groups.always, ...groups])));
    return identity;
  }

  /** The same each time. */
  whollyAt(cluster: string): WholeCaller {
    const known = this.clusters.get(cluster) ?? this.load(cluster);
    const { user, groups } = this.identity;
    return (known.whole ??= { user, groups: [...groups, ...known.groups.always, ...groupsOfNamespaces(known)] });
  }

  private load(cluster: string): ClusterIdentities {
    const groups = targetGroups(this.memberships, cluster);
    const elsewhere = this.with(groups.always);
    const loaded = { groups, elsewhere, whole: undefined, everywhere: undefined, byNamespace: new Map<string, Identity>() };
    this.clusters.set(cluster, loaded);
    return loaded;
  }

  private everywhere(known: ClusterIdentities): Identity {
    const ofNamespaces = groupsOfNamespaces(known);
    if (ofNamespaces.length === 0 || ofNamespaces.join('').length > MAX_BYTES) return known.elsewhere;
    return this.with([...known.groups.always, ...ofNamespaces]);
  }

  private with(groups: readonly string[]): Identity {
    const { user, groups: own, details } = this.identity;
    return groups.length === 0 ? this.identity : Identity.of(user, [...own, ...groups], details);
  }
}

const groupsOfNamespaces = ({ groups }: ClusterIdentities): string[] => [...groups.ofNamespaces.values()].flat();
