import type { StatusCause } from '#errors';
import { type KubernetesObject, parseQuantity } from '#kubernetes';
import { type GpuUnit, gpuUnit, gpuUnitOfResource } from './gpu-units.js';
import { extendedResourceOf, refusedQuotaName } from './quota-names.js';

/** Where a cluster describes its extended resources: one ConfigMap for each, with one of these labels. */
export const EXTENDED_RESOURCES_NAMESPACE = 'kube-public';
/** The value is `CustomResourceLimitation`. The older domain is still written by some device plug-ins. */
const EXTENDED_RESOURCE_LABELS = ['features.cpaas.io/type', 'features.alauda.io/type'];

const TYPE = 'CustomResourceLimitation';

/** A quota type that a cluster offers beyond those of Kubernetes. */
export interface ExtendedResource {
  /** The quota type: `requests.` and the resource. */
  key: string;
  /** As containers name it: `nvidia.com/gpu`. */
  resource: string;
  /** Resources that belong together, such as computing power and memory of the same devices. */
  group: string | undefined;
  label: { en: string | undefined; zh: string | undefined };
  description: { en: string | undefined; zh: string | undefined };
  unit: string | undefined;
  defaultValue: string | undefined;
  /** For GPUs: how they are counted. */
  gpu: GpuUnit | undefined;
}

/**
 * The extended resources that a cluster offers quotas of, from its ConfigMaps and what its nodes have (`status.allocatable`). GPUs
 * are offered only when a node has a resource of the same group: computing power and memory needn't be listed by the node itself.
 */
export function extendedResources(
  configMaps: readonly KubernetesObject[],
  allocatable: readonly Readonly<Record<string, unknown>>[],
): ExtendedResource[] {
  const described = configMaps.flatMap((configMap) => describedBy(configMap) ?? []);
  const unique = [...new Map(described.map((resource) => [resource.key, resource])).values()];
  const onNodes = new Set(allocatable.flatMap((amounts) => Object.keys(amounts).filter((name) => isSome(amounts[name]))));
  const groups = new Set(unique.filter(({ resource }) => onNodes.has(resource)).map(groupOf));
  return unique.filter((resource) => resource.gpu === undefined || groups.has(groupOf(resource)));
}

/** GPU types of a quota that the cluster doesn't offer. */
export const gpuCauses = (
  field: string,
  cluster: string,
  hard: Readonly<Record<string, string>>,
  offered: readonly ExtendedResource[],
): StatusCause[] =>
  Object.keys(hard)
    .filter((key) => gpuUnit(key) !== undefined && !offered.some(({ resource }) => resource === extendedResourceOf(key)))
    .map((key) => ({
      field: `${field}[${key}]`,
      message: `cluster "${cluster}" offers no such GPU: remove it, or choose another cluster`,
    }));

/** Undefined for a ConfigMap about something else, and for one that is switched off. */
function describedBy({ metadata, data }: KubernetesObject): ExtendedResource | undefined {
  const { labels = {} } = metadata;
  const label = EXTENDED_RESOURCE_LABELS.find((name) => labels[name] === TYPE);
  const texts = (data ?? {}) as Readonly<Record<string, string | undefined>>;
  if (label === undefined || metadata.namespace !== EXTENDED_RESOURCES_NAMESPACE) return undefined;
  const domain = label.slice(0, label.indexOf('/'));
  if (labels[`${domain}/enabled`] !== 'true') return undefined;
  const resource = texts.key ?? '';
  const key = `requests.${resource}`;
  if (extendedResourceOf(resource) !== resource || refusedQuotaName(key) !== undefined) return undefined;
  return {
    key,
    resource,
    group: texts.group ?? labels[`${domain}/group`],
    label: { en: texts.labelEn, zh: texts.labelZh },
    description: { en: texts.descriptionEn, zh: texts.descriptionZh },
    unit: texts.resourceUnit,
    defaultValue: texts.defaultValue,
    gpu: gpuUnitOfResource(resource),
  };
}

const groupOf = ({ group, resource }: ExtendedResource): string => group ?? resource;

const isSome = (amount: unknown): boolean => typeof amount === 'string' && (parseQuantity(amount) ?? 0n) > 0n;
