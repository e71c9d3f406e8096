import {
  findWorkloadKind,
  type KubernetesObject,
  parseApiVersion,
  type ResourceRef,
  valueAt,
  withoutServerFields,
  withValueAt,
} from '#kubernetes';
import { APPLICATION_API_VERSION } from './application-document.js';

type Fields = Record<string, unknown>;

/** What Archon writes on the objects of an application. `domain` is the base domain of labels, `cpaas.io` by default. */
export interface ApplicationLabels {
  /** `app.<domain>/name` */
  key: string;
  /** `<application>.<namespace>` */
  value: string;
}

export const applicationLabels = (domain: string, namespace: string, name: string): ApplicationLabels => ({
  key: `app.${domain}/name`,
  value: `${name}.${namespace}`,
});

/** A selector (`labelSelector`) of all components of an application. */
export const selectorOf = ({ key, value }: ApplicationLabels): string => `${key}=${value}`;

/** The Application object as it is stored: which kinds it has, how its components are found, who made it. */
export function toApplicationObject(
  application: KubernetesObject,
  options: {
    labels: ApplicationLabels;
    kinds: { group: string; kind: string }[];
    phase: 'Pending' | 'Succeeded';
    domain: string;
    user: string;
  },
): KubernetesObject {
  const { metadata, spec } = withoutServerFields(application);
  return {
    apiVersion: APPLICATION_API_VERSION,
    kind: 'Application',
    // Who made it is not for the caller to say.
    metadata: { ...metadata, annotations: { ...metadata.annotations, [`${options.domain}/creator`]: options.user } },
    spec: {
      ...(spec as Fields),
      assemblyPhase: options.phase,
      componentKinds: options.kinds,
      selector: { matchLabels: { [options.labels.key]: options.labels.value } },
    },
  };
}

/** Where an Application is in its cluster. */
export const applicationRef = (namespace: string, name: string): ResourceRef & { name: string } => ({
  group: 'app.k8s.io',
  version: 'v1beta1',
  resource: 'applications',
  namespace,
  name,
});

/** The kinds that an Application names as those of its components. */
export function componentKinds(application: KubernetesObject): { group: string; kind: string }[] {
  const kinds = (application.spec as { componentKinds?: { group?: string; kind?: string }[] } | undefined)?.componentKinds ?? [];
  return kinds.flatMap(({ group = '', kind }) => (kind === undefined ? [] : [{ group, kind }]));
}

/** Each kind once, in the order of the components. The core group is written as the empty string. */
export function kindsOf(components: readonly KubernetesObject[]): { group: string; kind: string }[] {
  const kinds = new Map(
    components.map(({ apiVersion, kind }) => [
      `${parseApiVersion(apiVersion).group}/${kind}`,
      { group: parseApiVersion(apiVersion).group, kind },
    ]),
  );
  return [...kinds.values()];
}

/**
 * A component as it is applied: labelled as part of its application; a workload's Pods and its own selector too, so that no other
 * workload's Pods are ever taken for its own. What a server fills in (status, uid, resourceVersion …) is left out.
 */
export function toComponentObject(component: KubernetesObject, labels: ApplicationLabels): KubernetesObject {
  const workload = findWorkloadKind(parseApiVersion(component.apiVersion).group, component.kind);
  let result = withLabel(withoutServerFields(component), ['metadata'], labels);
  if (workload !== undefined && isFields(valueAt(result, workload.podTemplate))) {
    result = withLabel(result, [...workload.podTemplate, 'metadata'], labels);
    // A selector made of the label alone would choose the Pods of every workload of the application: a missing one stays missing.
    if (workload.selectsPods && isFields(valueAt(result, ['spec', 'selector'])))
      result = withValueAt(result, ['spec', 'selector', 'matchLabels', labels.key], labels.value);
  }
  return result;
}

/** The same, owned by its application, so that deleting the Application with kubectl takes the component along. */
export function withOwner(component: KubernetesObject, application: KubernetesObject): KubernetesObject {
  const { apiVersion, kind, metadata } = application;
  const owner = { apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '' };
  const others = (component.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.uid);
  return { ...component, metadata: { ...component.metadata, ownerReferences: [...others, owner] } };
}

const withLabel = (object: KubernetesObject, metadata: readonly string[], { key, value }: ApplicationLabels): KubernetesObject =>
  withValueAt(object, [...metadata, 'labels', key], value);

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
