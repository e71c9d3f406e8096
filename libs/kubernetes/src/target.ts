import { forbidden } from '#errors';
import type { ClusterConnection } from './cluster-connection.js';
import { Identity, type OWN_CREDENTIAL } from './identity.js';

/** Where a call goes and for whom. Always a parameter, never ambient. */
export interface Target {
  cluster: ClusterConnection;
  identity: Identity | typeof OWN_CREDENTIAL;
}

/** The headers that authenticate a call: the credential of Archon, then whom it impersonates, written last. */
export function authenticationHeaders({ cluster, identity }: Target): string[] {
  if (identity instanceof Identity && identity.onlyIn !== undefined && identity.onlyIn !== cluster.id)
    throw forbidden(`${identity.user} is a ServiceAccount of another cluster than "${cluster.name}": it reaches only its own`);
  const own = 'token' in cluster.credential ? ['authorization', `Bearer ${cluster.credential.token}`] : [];
  return identity instanceof Identity ? [...own, ...identity.toHeaders()] : own;
}

/** The path in front of `/api` when a cluster is served below one, as other proxies do; empty as a rule. */
export function basePath({ endpoint }: ClusterConnection): string {
  const slash = endpoint.indexOf('/', 'https://'.length);
  return slash < 0 ? '' : endpoint.slice(slash).replace(/\/$/, '');
}
