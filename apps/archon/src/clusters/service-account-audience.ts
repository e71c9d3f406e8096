/**
 * For whom a token of a ServiceAccount must be made, to count here: this registration of this cluster. The id is random, so that neither
 * another Archon nor another registration has the same; and a token says itself which cluster must be asked about it.
 */
export const serviceAccountAudience = (clusterId: string): string => `${PREFIX}${clusterId}`;

const PREFIX = 'archon/clusters/';
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id in an audience; undefined unless it is the only one: a token that is good elsewhere too is not made for Archon. */
export function clusterOfAudience(audience: unknown): string | undefined {
  const [only, ...others] = Array.isArray(audience) ? (audience as unknown[]) : [audience];
  if (others.length > 0 || typeof only !== 'string' || !only.startsWith(PREFIX)) return undefined;
  const id = only.slice(PREFIX.length);
  return ID.test(id) ? id : undefined;
}
