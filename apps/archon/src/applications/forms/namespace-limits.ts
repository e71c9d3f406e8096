import { type KubernetesObject, parseQuantity, quantityText } from '#kubernetes';
import { completedLimit } from '../../quotas/limit-range.js';
import { OWN_NAME } from '../../quotas/merge.js';

export const LIMITED_RESOURCES = ['cpu', 'memory'] as const;
export type Limited = (typeof LIMITED_RESOURCES)[number];
/** Kubernetes quantities. */
type Amounts = Partial<Record<Limited, string>>;

/** What a namespace says of each container in it. */
export interface NamespaceLimits {
  /** How many times the limit is the request; absent where requests are free. Whole numbers above 1. */
  ratio: Partial<Record<Limited, number>>;
  /** The limit of a container that gives none. */
  limit: Amounts;
  /** The most that a limit may be. */
  max: Amounts;
}

/**
 * From the LimitRanges and NamespaceResourceRatios of a namespace, as a list gives them. Kubernetes checks each LimitRange, so the least
 * maximum counts; defaults are those of `default` before any other. A ratio that the namespace leaves out is the cluster's; 0 is none.
 */
export function namespaceLimits(
  namespace: string,
  limitRanges: readonly KubernetesObject[],
  ratios: readonly KubernetesObject[],
): NamespaceLimits {
  const containers = byName(limitRanges, OWN_NAME).flatMap(containerLimits);
  const [ratio] = byName(ratios, namespace);
  return {
    ratio: ratio === undefined ? {} : ratioOf(ratio),
    limit: amounts((resource) => containers.map((each) => each.default?.[resource]).find((amount) => amount !== undefined)),
    max: amounts((resource) => least(containers.flatMap((each) => each.max?.[resource] ?? []))),
  };
}

interface ContainerLimits {
  default?: Amounts;
  max?: Amounts;
}

/** The one of this name first, then the others in the order of theirs. */
function byName(objects: readonly KubernetesObject[], first: string): KubernetesObject[] {
  const rank = ({ metadata: { name = '' } }: KubernetesObject) => (name === first ? '' : name);
  return objects.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function containerLimits({ spec }: KubernetesObject): ContainerLimits[] {
  const { limits = [] } = (spec ?? {}) as { limits?: { type?: string }[] };
  return limits.filter(({ type }) => type === 'Container').map((item) => completedLimit(item) as ContainerLimits);
}

function ratioOf({ spec, status }: KubernetesObject): NamespaceLimits['ratio'] {
  const own = (spec ?? {}) as { cpu?: number; memory?: number };
  const cluster = (status ?? {}) as { clusterCPU?: number; clusterMemory?: number };
  const ratios = { cpu: own.cpu ?? cluster.clusterCPU, memory: own.memory ?? cluster.clusterMemory };
  return Object.fromEntries(Object.entries(ratios).filter(([, ratio]) => ratio !== undefined && ratio > 1));
}

function amounts(of: (resource: Limited) => unknown): Amounts {
  return Object.fromEntries(
    LIMITED_RESOURCES.flatMap((resource) => {
      const text = quantityText(of(resource));
      return text === undefined ? [] : [[resource, text]];
    }),
  );
}

const least = (texts: readonly string[]): string | undefined =>
  texts.toSorted((a, b) => ((parseQuantity(a) ?? 0n) < (parseQuantity(b) ?? 0n) ? -1 : 1))[0];
