import type { ResourceType } from '#kubernetes';

interface Kind {
  group: string;
  resource: string;
}

/** Which of the wanted kinds can be followed in a cluster, each in the version that the cluster prefers, and which rows stay. */
export function wantedTypes(
  kinds: readonly Kind[],
  served: readonly ResourceType[],
  staleGroups: readonly string[],
): { types: ResourceType[]; keeps: (kind: Kind) => boolean } {
  // Whatever answers without them is no API server, and what it lacks is not gone.
  if (!served.some(({ group, resource }) => group === '' && resource === 'namespaces')) throw new Error('the cluster tells no kinds');
  const types = kinds.flatMap(
    (kind) => served.find((type) => isSame(type, kind) && ['list', 'watch'].every((verb) => type.verbs.includes(verb))) ?? [],
  );
  const isStale = ({ group }: Kind) => staleGroups.some((stale) => stale.startsWith(`${group}/`));
  return {
    types,
    keeps: (kind) => kinds.some((wanted) => isSame(wanted, kind)) && (types.some((type) => isSame(type, kind)) || isStale(kind)),
  };
}

const isSame = (one: Kind, other: Kind): boolean => one.group === other.group && one.resource === other.resource;
