import { forbidden } from '#errors';
import type { ClusterConnection } from './cluster-connection.js';
import { Identity, type OWN_CREDENTIAL } from './identity.js';

/** Where a call goes and for whom. Always a parameter, never ambient. */
export interface Target {
  cluster: ClusterConnection;
  identity: Identity | typeof OWN_CREDENTIAL;
}

const known = new WeakMap<ClusterConnection, WeakMap<Identity, readonly string[]>>();

/** The headers that authenticate a call: the credential of Archon, then whom it impersonates, written last. One list per target. */
export function authenticationHeaders({ cluster, identity }: Target): readonly string[] {
  if (!(identity instanceof Identity)) return ownHeaders(cluster);
  if (identity.onlyIn !== undefined && identity.onlyIn !== cluster.id)
    throw forbidden(`${identity.user} is a ServiceAccount of another cluster than "${cluster.name}": it reaches only its own`);
  let ofCluster = known.get(cluster);
  if (ofCluster === undefined) known.set(cluster, (ofCluster = new WeakMap()));
  let headers = ofCluster.get(identity);
  if (headers === undefined) ofCluster.set(identity, (headers = [...ownHeaders(cluster), ...identity.toHeaders()]));
  return headers;
}

const ownHeaders = ({ credential }: ClusterConnection): string[] =>
  'token' in credential ? ['authorization', `Bearer ${credential.token}`] : [];

/** The path in front of `/api` when a cluster is served below one, as other proxies do; empty as a rule. */
export function basePath({ endpoint }: ClusterConnection): string {
  const slash = endpoint.indexOf('/', 'https://'.length);
  return slash < 0 ? '' : endpoint.slice(slash).replace(/\/$/, '');
}
