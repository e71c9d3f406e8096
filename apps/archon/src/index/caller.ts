import { type Identity, isServiceAccountName } from '#kubernetes';
import type { Caller } from './rbac-graph.js';

const AUTHENTICATED = 'system:authenticated';
const SERVICE_ACCOUNTS = 'system:serviceaccounts';

/**
 * Whom the authorizer of a cluster sees when Archon calls for somebody: kube-apiserver puts whoever is impersonated among the authenticated,
 * and a ServiceAccount without given groups into those of all ServiceAccounts and of its namespace.
 */
export function callerOf({ user, groups }: Pick<Identity, 'user' | 'groups'>): Caller {
  return { user, groups: [...(groups.length === 0 ? ownGroups(user) : groups), AUTHENTICATED] };
}

function ownGroups(user: string): string[] {
  if (!isServiceAccountName(user)) return [];
  const [, , namespace] = user.split(':');
  return [SERVICE_ACCOUNTS, `${SERVICE_ACCOUNTS}:${namespace}`];
}
