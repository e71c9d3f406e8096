import type { KubernetesObject } from '#kubernetes';

/** A resource type that the server serves. */
export interface ResourceDefinition {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  /** The plural of the URL. */
  resource: string;
  namespaced: boolean;
  shortNames?: string[];
  /** `status` makes the status a part of its own, as on a real cluster; the others are only announced. */
  subresources?: string[];
  verbs?: string[];
}

export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

type Row = [kind: string, resource: string, shortNames?: string[], subresources?: string[]];

const STATUS = ['status'];
const SCALABLE = ['status', 'scale'];

const BUILT_IN: ResourceDefinition[] = [
  ...namespaced('v1', [
    ['ConfigMap', 'configmaps', ['cm']],
    ['Event', 'events', ['ev']],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', ['pvc'], STATUS],
    ['Pod', 'pods', ['po'], ['status', 'log', 'exec', 'attach', 'portforward']],
    ['Secret', 'secrets'],
    ['Service', 'services', ['svc'], STATUS],
    ['ServiceAccount', 'serviceaccounts', ['sa']],
  ]),
  ...clusterScoped('v1', [
    ['Namespace', 'namespaces', ['ns'], STATUS],
    ['Node', 'nodes', ['no'], STATUS],
  ]),
  ...namespaced('apps/v1', [
    ['DaemonSet', 'daemonsets', ['ds'], STATUS],
    ['Deployment', 'deployments', ['deploy'], SCALABLE],
    ['ReplicaSet', 'replicasets', ['rs'], SCALABLE],
    ['StatefulSet', 'statefulsets', ['sts'], SCALABLE],
  ]),
  ...namespaced('batch/v1', [
    ['CronJob', 'cronjobs', ['cj'], STATUS],
    ['Job', 'jobs', [], STATUS],
  ]),
  ...namespaced('autoscaling/v2', [['HorizontalPodAutoscaler', 'horizontalpodautoscalers', ['hpa'], STATUS]]),
  ...namespaced('networking.k8s.io/v1', [
    ['Ingress', 'ingresses', ['ing'], STATUS],
    ['NetworkPolicy', 'networkpolicies', ['netpol']],
  ]),
  ...namespaced('rbac.authorization.k8s.io/v1', [
    ['Role', 'roles'],
    ['RoleBinding', 'rolebindings'],
  ]),
  ...clusterScoped('rbac.authorization.k8s.io/v1', [
    ['ClusterRole', 'clusterroles'],
    ['ClusterRoleBinding', 'clusterrolebindings'],
  ]),
  ...clusterScoped('apiextensions.k8s.io/v1', [['CustomResourceDefinition', 'customresourcedefinitions', ['crd', 'crds'], STATUS]]),
  ...namespaced('app.k8s.io/v1beta1', [['Application', 'applications', ['app'], STATUS]]),
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    kind: 'SelfSubjectAccessReview',
    resource: 'selfsubjectaccessreviews',
    namespaced: false,
    verbs: ['create'],
  },
];

/** The resource types of one server: the built-in ones, those that a test declares and those of its CustomResourceDefinitions. */
export class ResourceTypes {
  private definitions = BUILT_IN;

  /** Adds a type, or replaces the one of the same group and plural. */
  declare(definition: ResourceDefinition): void {
    this.withdraw(definition);
    this.definitions = [...this.definitions, definition];
  }

  /** Stops serving a type. */
  withdraw(definition: ResourceDefinition): void {
    this.definitions = this.definitions.filter((each) => toStoreKey(each) !== toStoreKey(definition));
  }

  all(): readonly ResourceDefinition[] {
    return this.definitions;
  }

  find(group: string, version: string, resource: string): ResourceDefinition | undefined {
    return this.definitions.find((each) => each.group === group && each.version === version && each.resource === resource);
  }

  /** The type of an object. Throws for one that isn't served. */
  of({ apiVersion, kind }: { apiVersion: string; kind: string }): ResourceDefinition {
    const definition = this.definitions.find((each) => toApiVersion(each) === apiVersion && each.kind === kind);
    if (definition === undefined) throw new Error(`${kind} of ${apiVersion} isn't declared on this server`);
    return definition;
  }
}

export function toApiVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The key of its objects. A resource is served in one version only, so nothing is ever converted. */
export function toStoreKey({ group, resource }: ResourceDefinition): string {
  return `${group}/${resource}`;
}

/** `deployments.apps`: how a Status names a resource. */
export function qualifiedName({ group, resource }: ResourceDefinition): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** The type that a CustomResourceDefinition adds, in its storage version. */
export function definitionOf(crd: KubernetesObject): ResourceDefinition {
  const spec = crd.spec as {
    group: string;
    scope: string;
    names: { plural: string; kind: string; shortNames?: string[] };
    versions: { name: string; storage: boolean; subresources?: object }[];
  };
  const stored = spec.versions.find(({ storage }) => storage);
  return {
    group: spec.group,
    version: stored?.name ?? '',
    kind: spec.names.kind,
    resource: spec.names.plural,
    namespaced: spec.scope === 'Namespaced',
    shortNames: spec.names.shortNames ?? [],
    subresources: Object.keys(stored?.subresources ?? {}),
  };
}

function namespaced(apiVersion: string, rows: Row[]): ResourceDefinition[] {
  return rows.map((row) => toDefinition(apiVersion, row, true));
}

function clusterScoped(apiVersion: string, rows: Row[]): ResourceDefinition[] {
  return rows.map((row) => toDefinition(apiVersion, row, false));
}

function toDefinition(
  apiVersion: string,
  [kind, resource, shortNames = [], subresources = []]: Row,
  isNamespaced: boolean,
): ResourceDefinition {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group, version, kind, resource, namespaced: isNamespaced, shortNames, subresources };
}
