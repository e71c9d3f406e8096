import { type KubernetesObject, parseApiVersion, type ResourceRef } from '#kubernetes';
import { namespaceBindings } from '../roles/namespace-bindings.js';
import { limitRange } from '../quotas/limit-range.js';
import { OWN_NAME } from '../quotas/merge.js';
import { namespaceResourceRatio } from '../quotas/over-commit.js';
import { podSecurityLabels } from '../quotas/pod-security.js';
import { uidRangeAnnotation } from '../quotas/uid-range.js';
import type { NamespaceDesired } from './namespace-desired.js';

/** Which namespace it is: for which project, where. */
export interface NamespacePlace {
  project: string;
  cluster: string;
  name: string;
  /** The project's own namespace, which has neither quota nor limits. */
  isInner: boolean;
}

/** What Archon's settings say of all namespaces. */
export interface NamespaceSetting {
  /** Of labels and annotations: `cpaas.io`. */
  domain: string;
  /** Roles that members may have in namespaces. */
  roles: readonly string[];
  /** A `.dockerconfigjson` for the platform's image registry, in base64. */
  pullSecret: string | undefined;
}

/** Names that the platform gives to objects of every namespace (NS-6). */
export const PULL_SECRET_NAME = 'archon-registry';

const RESOURCES: Record<string, string> = {
  Namespace: 'namespaces',
  ResourceQuota: 'resourcequotas',
  LimitRange: 'limitranges',
  RoleBinding: 'rolebindings',
  Secret: 'secrets',
  NamespaceResourceRatio: 'namespaceresourceratios',
};

/** Everything that a cluster is to hold of a namespace, the Namespace first. */
export function namespaceObjects(
  place: NamespacePlace,
  desired: NamespaceDesired,
  uidRange: string | undefined,
  setting: NamespaceSetting,
): KubernetesObject[] {
  const objects = [toNamespace(place, desired, uidRange, setting.domain)];
  if (!place.isInner) {
    objects.push(toResourceQuota(place.name, desired.hard));
    if (desired.limits !== undefined) objects.push(limitRange(place.name, desired.limits));
    if (desired.overCommit !== undefined) objects.push(namespaceResourceRatio(place.name, desired.overCommit));
  }
  objects.push(
    ...namespaceBindings(setting.roles, {
      project: place.project,
      cluster: place.cluster,
      namespace: place.name,
      isProjectNamespace: place.isInner,
    }),
  );
  if (setting.pullSecret !== undefined) objects.push(toPullSecret(place.name, setting.pullSecret));
  return objects;
}

/** The labels by which everybody sees whose namespace it is. */
export const ownershipLabels = ({ project, cluster, isInner }: NamespacePlace, domain: string): Record<string, string> => ({
  ...(isInner ? { [`${domain}/inner-namespace`]: project } : { [`${domain}/project`]: project }),
  [`${domain}/cluster`]: cluster,
});

function toNamespace(place: NamespacePlace, desired: NamespaceDesired, uidRange: string | undefined, domain: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: place.name,
      labels: { ...desired.labels, ...podSecurityLabels(desired.podSecurity), ...ownershipLabels(place, domain) },
      annotations: { ...desired.annotations, ...(uidRange === undefined ? {} : { [uidRangeAnnotation(domain)]: uidRange }) },
    },
  };
}

const toResourceQuota = (namespace: string, hard: Record<string, string>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: OWN_NAME, namespace },
  spec: { hard },
});

const toPullSecret = (namespace: string, dockerConfig: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: PULL_SECRET_NAME, namespace },
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': dockerConfig },
});

/** Where an object of a namespace is found. */
export function refOf({ apiVersion, kind, metadata }: KubernetesObject): ResourceRef & { name: string } {
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`${kind} is no kind of a namespace's objects`);
  const { namespace, name = '' } = metadata;
  return { ...parseApiVersion(apiVersion), resource, name, ...(namespace === undefined ? {} : { namespace }) };
}

export const namespaceRef = (name: string) => ({ group: '', version: 'v1', resource: 'namespaces', name }) as const;
export const quotaRef = (namespace: string) =>
  ({ group: '', version: 'v1', resource: 'resourcequotas', namespace, name: OWN_NAME }) as const;
export const limitRangeRef = (namespace: string) =>
  ({ group: '', version: 'v1', resource: 'limitranges', namespace, name: OWN_NAME }) as const;
