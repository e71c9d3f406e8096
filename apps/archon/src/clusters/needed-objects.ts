import type { KubernetesObject, ResourceRef } from '#kubernetes';
import { ADMINISTRATORS } from '../auth/principal.js';
import { BUILT_IN_ROLE_OBJECTS } from '../roles/cluster-roles.js';
import { APPLICATION_CRD } from './application-crd.js';
import { PLATFORM_AUDITOR_OBJECTS } from './platform-auditor-role.js';
import { PROJECT_CRD, PROJECT_QUOTA_CRD } from './project-crds.js';

const RBAC = 'rbac.authorization.k8s.io';

/** Gives the platform's administrators all rights in a cluster. */
const ADMINISTRATORS_BINDING = {
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'archon-platform-administrators' },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ apiGroup: RBAC, kind: 'Group', name: ADMINISTRATORS }],
};

const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const definition = (object: KubernetesObject & { metadata: { name: string } }) => ({
  ref: { ...CRDS, name: object.metadata.name },
  object,
});

const IN_EVERY_CLUSTER = [
  definition(APPLICATION_CRD),
  definition(PROJECT_QUOTA_CRD),
  {
    ref: { group: RBAC, version: 'v1', resource: 'clusterrolebindings', name: ADMINISTRATORS_BINDING.metadata.name },
    object: ADMINISTRATORS_BINDING,
  },
  ...PLATFORM_AUDITOR_OBJECTS,
  ...BUILT_IN_ROLE_OBJECTS,
];
/** On its address projects are objects. */
const GLOBAL_CLUSTER = 'global';
const IN_THE_GLOBAL_CLUSTER = [...IN_EVERY_CLUSTER, definition(PROJECT_CRD)];

export interface NeededObject {
  ref: ResourceRef & { name: string };
  object: KubernetesObject;
}

/** What a cluster must hold before Archon's callers can work on it. */
export const neededObjects = (cluster: string): readonly NeededObject[] =>
  cluster === GLOBAL_CLUSTER ? IN_THE_GLOBAL_CLUSTER : IN_EVERY_CLUSTER;
