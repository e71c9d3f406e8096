import { type KubernetesObject, parseApiVersion } from '#kubernetes';
import { readRbacObject } from './rbac-objects.js';

/** Reads what one kind refers to, as `refTo` writes it. */
type Reader = (object: KubernetesObject) => (string | undefined)[];

/**
 * `ConfigMap/settings`, `Deployment.apps/web`: an object by kind, group and name, in the namespace of whoever refers to it where the kind has one.
 * Undefined without a name.
 */
export const refTo = (group: string, kind: string, name: unknown): string | undefined =>
  typeof name === 'string' && name !== '' && !name.includes('\0') ? `${kind}${group === '' ? '' : `.${group}`}/${name}` : undefined;

/**
 * What an object refers to by name, each once, so that it is found from there too: a workload its ConfigMaps, Secrets, claims and ServiceAccount, an
 * Ingress its Services, an autoscaler its workload, a binding of RBAC its role and its subjects (as `User/jane` and `Group/ops`). What a controller made
 * repeats what its owner refers to, and is left out.
 */
export function objectRefs(object: KubernetesObject): string[] {
  const { group } = parseApiVersion(object.apiVersion);
  const reader = READERS[`${object.kind}.${group}`];
  return reader === undefined ? [] : [...new Set(reader(object).filter((ref) => ref !== undefined))];
}

const isOwned = ({ metadata: { ownerReferences } }: KubernetesObject) =>
  ownerReferences?.some(({ controller }) => controller === true) === true;

const ofPods =
  (...path: string[]): Reader =>
  (object) =>
    isOwned(object) ? [] : podRefs(at(object, ...path));

const ofBinding: Reader = (object) => {
  const rbac = readRbacObject(object);
  const roleRef = at(object, 'roleRef');
  const subjects = rbac?.type === 'binding' ? rbac.subjects.filter((subject) => !subject.includes('\0')) : [];
  return [...subjects, refTo(RBAC, text(at(roleRef, 'kind')), at(roleRef, 'name'))];
};

const RBAC = 'rbac.authorization.k8s.io';
const TEMPLATE = ['spec', 'template', 'spec'];
const service = (name: unknown) => refTo('', 'Service', name);
const secret = (name: unknown) => refTo('', 'Secret', name);
const configMap = (name: unknown) => refTo('', 'ConfigMap', name);

const READERS: Readonly<Record<string, Reader>> = {
  'Pod.': ofPods('spec'),
  'Deployment.apps': ofPods(...TEMPLATE),
  'StatefulSet.apps': ofPods(...TEMPLATE),
  'DaemonSet.apps': ofPods(...TEMPLATE),
  'ReplicaSet.apps': ofPods(...TEMPLATE),
  'Job.batch': ofPods(...TEMPLATE),
  'CronJob.batch': ofPods('spec', 'jobTemplate', ...TEMPLATE),
  'Rollout.argoproj.io': ofPods(...TEMPLATE),
  'Ingress.networking.k8s.io': ({ spec }) => [
    service(at(spec, 'defaultBackend', 'service', 'name')),
    ...items(at(spec, 'rules')).flatMap((rule) =>
      items(at(rule, 'http', 'paths')).map((path) => service(at(path, 'backend', 'service', 'name'))),
    ),
    ...items(at(spec, 'tls')).map((tls) => secret(at(tls, 'secretName'))),
  ],
  'HTTPRoute.gateway.networking.k8s.io': ({ spec }) =>
    items(at(spec, 'rules')).flatMap((rule) =>
      items(at(rule, 'backendRefs'))
        .filter((backend) => ['Service', undefined].includes(at(backend, 'kind') as string | undefined))
        .map((backend) => service(at(backend, 'name'))),
    ),
  'HorizontalPodAutoscaler.autoscaling': ({ spec }) => {
    const target = at(spec, 'scaleTargetRef');
    return [refTo(parseApiVersion(text(at(target, 'apiVersion'))).group, text(at(target, 'kind')), at(target, 'name'))];
  },
  'PersistentVolumeClaim.': ({ spec }) => [refTo('', 'PersistentVolume', at(spec, 'volumeName'))],
  'ServiceAccount.': (object) =>
    [...items(at(object, 'secrets')), ...items(at(object, 'imagePullSecrets'))].map((each) => secret(at(each, 'name'))),
  [`RoleBinding.${RBAC}`]: ofBinding,
  [`ClusterRoleBinding.${RBAC}`]: ofBinding,
};

function podRefs(spec: unknown): (string | undefined)[] {
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((field) => items(at(spec, field)));
  return [
    refTo('', 'ServiceAccount', at(spec, 'serviceAccountName')),
    ...items(at(spec, 'imagePullSecrets')).map((each) => secret(at(each, 'name'))),
    ...items(at(spec, 'volumes')).flatMap(volumeRefs),
    ...containers.flatMap((container) => [
      ...items(at(container, 'envFrom')).flatMap((from) => [
        configMap(at(from, 'configMapRef', 'name')),
        secret(at(from, 'secretRef', 'name')),
      ]),
      ...items(at(container, 'env')).flatMap((variable) => [
        configMap(at(variable, 'valueFrom', 'configMapKeyRef', 'name')),
        secret(at(variable, 'valueFrom', 'secretKeyRef', 'name')),
      ]),
    ]),
  ];
}

const volumeRefs = (volume: unknown): (string | undefined)[] => [
  configMap(at(volume, 'configMap', 'name')),
  secret(at(volume, 'secret', 'secretName')),
  refTo('', 'PersistentVolumeClaim', at(volume, 'persistentVolumeClaim', 'claimName')),
  ...items(at(volume, 'projected', 'sources')).flatMap((source) => [
    configMap(at(source, 'configMap', 'name')),
    secret(at(source, 'secret', 'name')),
  ]),
];

/** What stands at a path; undefined where nothing does. Custom resources may have anything in the place of what is looked for. */
function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
