/** A resource type that a cluster serves. `resource` is the plural of the URL. */
export interface ResourceType {
  group: string;
  version: string;
  kind: string;
  resource: string;
  namespaced: boolean;
  verbs: string[];
}

/** `apidiscovery.k8s.io` APIGroupDiscoveryList (v2, and v2beta1, which has the same shape) as far as Archon reads it. */
interface GroupDiscovery {
  metadata?: { name?: string };
  versions?: {
    version: string;
    freshness?: string;
    resources?: { resource: string; responseKind?: { kind?: string }; scope: string; verbs: string[] }[];
  }[];
}

export interface GroupDiscoveryList {
  items?: GroupDiscovery[];
}

/** All resource types of a discovery document, in the cluster's order: the preferred version of a group comes first. */
export function resourceTypesOf(document: GroupDiscoveryList): ResourceType[] {
  return (document.items ?? []).flatMap((group) =>
    (group.versions ?? []).flatMap(({ version, resources }) =>
      (resources ?? []).map(({ resource, responseKind, scope, verbs }) => ({
        group: group.metadata?.name ?? '',
        version,
        kind: responseKind?.kind ?? '',
        resource,
        namespaced: scope === 'Namespaced',
        verbs,
      })),
    ),
  );
}

/** The groups whose aggregated API server didn't answer, with their version: their types are missing or old. */
export function staleGroups(document: GroupDiscoveryList): string[] {
  return (document.items ?? []).flatMap((group) =>
    (group.versions ?? [])
      .filter(({ freshness }) => freshness === 'Stale')
      .map(({ version }) => `${group.metadata?.name ?? ''}/${version}`),
  );
}
