import type { KubernetesObject, ResourceRef } from '#kubernetes';
import { BUILT_IN_ROLES } from './built-in-roles.js';
import type { FunctionRule } from './function-resource.js';
import { FUNCTIONS } from './functions.js';
import { type PolicyRule, policyRules } from './policy-rules.js';
import { isOfNamespaces, type Role } from './role.js';
import { clusterGroup, roleGroup } from './role-groups.js';

export interface RoleObject {
  ref: ResourceRef & { name: string };
  object: KubernetesObject;
}

const GROUP = 'rbac.authorization.k8s.io';
const apiVersion = `${GROUP}/v1`;
export const ROLE_LABELS = { 'app.kubernetes.io/managed-by': 'archon' };
/** On all objects of custom roles, so that those of removed roles are found. */
export const CUSTOM_ROLE_LABEL = 'archon.cpaas.io/custom-role';
/** Roles of the platform that are written for clusters already; they hold more, or less, than functions could say. */
const WRITTEN: Readonly<Record<string, string>> = {
  'platform-admin-system': 'cluster-admin',
  'platform-auditor-system': 'archon-platform-auditor',
};

/**
 * What belongs to no tenant and tells of none: all that a role of a project or namespace reads of a cluster as a whole. Objects such as
 * namespaces, volumes and subnets name other tenants; RBAC can't show a part of them.
 */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  '': ['nodes'],
  'alauda.io': ['clusteralaudafeaturegates'],
  'apiextensions.k8s.io': ['customresourcedefinitions'],
  'asm.alauda.io': ['clusterconfigs', 'wasmmoduletemplates'],
  'cluster.alauda.io': ['clustermodules'],
  'core.katanomi.dev': ['clustertemplates', 'integrationclasses'],
  'deliveries.katanomi.dev': ['clusterstages'],
  'gateway.networking.k8s.io': ['gatewayclasses'],
  'hco.kubevirt.io': ['hyperconvergeds'],
  'infrastructure.alauda.io': ['features'],
  'kubeovn.io': ['provider-networks', 'vlans'],
  'middleware.alauda.io': ['imageversions', 'mysqlparas', 'mysqlparatemplates'],
  'networking.k8s.io': ['ingressclasses'],
  'objectstorage.k8s.io': ['bucketaccessclasses', 'bucketclasses'],
  'snapshot.storage.k8s.io': ['volumesnapshotclasses'],
  'sources.katanomi.dev': ['clustergitsources'],
  'storage.k8s.io': ['storageclasses'],
  'storage.katanomi.dev': ['clusterpolicies', 'storageplugins'],
  'tekton.dev': ['clustertasks'],
  'versioning.katanomi.dev': ['versionschemes'],
};

/** The name of the ClusterRole that is bound in namespaces, or in a whole cluster for roles of clusters. */
export const clusterRoleName = (role: string): string => `archon:${role}`;
export const projectNamespaceRoleName = (role: string): string => `archon:${role}:project-namespace`;
const clusterPartName = (role: string): string => `archon:${role}:cluster`;

/** What a cluster must hold for a role, before anybody is a member with it. */
export function roleObjects(role: Role): RoleObject[] {
  const written = WRITTEN[role.name];
  if (written !== undefined) return [clusterRoleBinding(clusterRoleName(role.name), written, clusterGroup(role.name))];
  return isOfNamespaces(role) ? objectsOfNamespaces(role) : objectsOfCluster(role);
}

/** The same for a role that an administrator wrote. */
export const customRoleObjects = (role: Role): RoleObject[] =>
  roleObjects(role).map(({ ref, object }) => ({
    ref,
    object: { ...object, metadata: { ...object.metadata, labels: { ...ROLE_LABELS, [CUSTOM_ROLE_LABEL]: 'true' } } },
  }));

function objectsOfNamespaces(role: Role): RoleObject[] {
  const inNamespaces = (place: 'common' | 'project') => (rule: FunctionRule, resource: string) =>
    (rule.place === place && isRendered(rule)) || isNamespaces(rule, resource);
  const shared = (rule: FunctionRule, resource: string) =>
    rule.place === 'cluster' && isRendered(rule) && SHARED[rule.group]?.includes(resource) === true;
  const part = clusterPartName(role.name);
  return [
    clusterRole(clusterRoleName(role.name), policyRules(role, FUNCTIONS.values(), inNamespaces('common'))),
    clusterRole(projectNamespaceRoleName(role.name), policyRules(role, FUNCTIONS.values(), inNamespaces('project'))),
    clusterRole(part, policyRules(role, FUNCTIONS.values(), shared, readingOnly)),
    clusterRoleBinding(part, part, roleGroup(role.name)),
  ];
}

function objectsOfCluster(role: Role): RoleObject[] {
  const everywhere = (rule: FunctionRule) => isRendered(rule) && ['common', 'project', 'cluster'].includes(rule.place);
  const name = clusterRoleName(role.name);
  return [clusterRole(name, policyRules(role, FUNCTIONS.values(), everywhere)), clusterRoleBinding(name, name, clusterGroup(role.name))];
}

/** Archon's own kinds are not in clusters, or mirrors there: it answers for them itself. What is for the global cluster alone is its own too. */
const isRendered = ({ group, clusters }: FunctionRule): boolean => group !== 'auth.alauda.io' && clusters !== 'global';

/** A RoleBinding in a namespace gives rights on the namespace itself, and on no other. */
const isNamespaces = ({ place, group }: FunctionRule, resource: string): boolean =>
  place === 'cluster' && group === '' && resource === 'namespaces';

/** What may be changed of a whole cluster would be everybody's: nobody changes it by a role of a project or namespace. */
const readingOnly = <Verb extends string>(verbs: readonly Verb[]): readonly Verb[] =>
  verbs.filter((verb) => ['get', 'list', 'watch'].includes(verb));

const clusterRole = (name: string, rules: readonly PolicyRule[]): RoleObject => ({
  ref: { group: GROUP, version: 'v1', resource: 'clusterroles', name },
  object: { apiVersion, kind: 'ClusterRole', metadata: { name, labels: ROLE_LABELS }, rules },
});

const clusterRoleBinding = (name: string, role: string, group: string): RoleObject => ({
  ref: { group: GROUP, version: 'v1', resource: 'clusterrolebindings', name },
  object: {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: ROLE_LABELS },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: GROUP, kind: 'Group', name: group }],
  },
});

export const BUILT_IN_ROLE_OBJECTS: readonly RoleObject[] = BUILT_IN_ROLES.flatMap(roleObjects);
