import type { KubernetesObject } from '#kubernetes';
import { toContainer } from './container-document.js';
import type { NamespaceLimits } from './namespace-limits.js';
import { networkAnnotations } from './network-annotations.js';
import { strategyOf } from './rolling-update.js';
import type { ClaimForm, VolumeForm } from './volume-form.dto.js';
import type { PodAffinityForm, WorkloadForm } from './workload-form.dto.js';

const HOSTNAME = 'kubernetes.io/hostname';

/** The value of `service.<domain>/name` on the Pods of a workload: `deployment-web`. */
export const podLabelValue = ({ kind, name }: WorkloadForm): string => `${kind.toLowerCase()}-${name}`;

/** The Deployment, DaemonSet or StatefulSet. `labels` choose its Pods, `serviceName` is the Service of a StatefulSet. */
export function toWorkload(
  workload: WorkloadForm,
  labels: Record<string, string>,
  serviceName: string,
  limits: NamespaceLimits,
): KubernetesObject {
  const { kind, name, replicas = 1, volumeClaimTemplates } = workload;
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName, volumeClaimTemplates: volumeClaimTemplates?.map(toClaimTemplate) } : {}),
      ...strategyOf(workload),
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations: givenOnly(networkAnnotations(workload.network)) }, spec: toPodSpec(workload, limits) },
    },
  };
}

function toPodSpec(workload: WorkloadForm, limits: NamespaceLimits): Record<string, unknown> {
  const { containers, initContainers, imagePullSecrets, terminationGracePeriodSeconds, nodeSelector, affinity, volumes } = workload;
  return {
    initContainers: initContainers?.map((container) => toContainer(container, limits)),
    containers: containers.map((container) => toContainer(container, limits)),
    volumes: volumes?.map(toVolume),
    imagePullSecrets: imagePullSecrets?.map((name) => ({ name })),
    terminationGracePeriodSeconds: terminationGracePeriodSeconds ?? 30,
    nodeSelector,
    affinity: toAffinity(affinity ?? []),
  };
}

const toVolume = ({ ephemeral, ...volume }: VolumeForm): Record<string, unknown> =>
  ephemeral === undefined ? volume : { ...volume, ephemeral: { volumeClaimTemplate: { spec: claimSpec(ephemeral) } } };

const toClaimTemplate = ({ name, ...claim }: ClaimForm & { name: string }): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: claimSpec(claim),
});

const claimSpec = ({ size, storageClassName, accessModes = ['ReadWriteOnce'] }: ClaimForm): Record<string, unknown> => ({
  accessModes,
  storageClassName,
  resources: { requests: { storage: size } },
});

function toAffinity(rules: readonly PodAffinityForm[]): Record<string, unknown> | undefined {
  return givenOnly({
    podAffinity: toRules(rules.filter(({ type }) => type === 'PodAffinity')),
    podAntiAffinity: toRules(rules.filter(({ type }) => type === 'PodAntiAffinity')),
  });
}

function toRules(rules: readonly PodAffinityForm[]): Record<string, unknown> | undefined {
  const required = rules.filter(({ mode }) => mode === 'Required').map(toTerm);
  const preferred = rules
    .filter(({ mode }) => mode === 'Preferred')
    .map((rule) => ({ weight: rule.weight ?? 100, podAffinityTerm: toTerm(rule) }));
  return givenOnly({
    requiredDuringSchedulingIgnoredDuringExecution: required.length === 0 ? undefined : required,
    preferredDuringSchedulingIgnoredDuringExecution: preferred.length === 0 ? undefined : preferred,
  });
}

const toTerm = ({ topologyKey = HOSTNAME, matchLabels }: PodAffinityForm) => ({ topologyKey, labelSelector: { matchLabels } });

/** Undefined for an object in which nothing is given. */
const givenOnly = <T extends object>(object: T): T | undefined =>
  Object.values(object).every((value) => value === undefined) ? undefined : object;
