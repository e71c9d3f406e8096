import { invalid, type StatusCause } from '#errors';
import { type KubernetesObject, numberSource } from '#kubernetes';

const RESOURCES = ['cpu', 'memory'] as const;
const MESSAGE = "must be a whole number above 1, or 0 for no ratio; leave it out to take the cluster's";

/** How many times a container's limit may be its request. A missing one is the cluster's; 0 is none. */
export type OverCommit = Partial<Record<(typeof RESOURCES)[number], number>>;

/** Reads the `spec` of a NamespaceResourceRatio. Throws 422 that names each wrong field. */
export function readOverCommit(field: string, spec: Readonly<Record<string, unknown>>): OverCommit {
  const causes: StatusCause[] = [];
  const ratios: OverCommit = {};
  for (const [key, value] of Object.entries(spec)) {
    const resource = RESOURCES.find((name) => name === key);
    const ratio = readRatio(value);
    if (resource === undefined) causes.push({ field: `${field}.${key}`, message: 'has no ratio: set cpu and memory' });
    else if (ratio === undefined) causes.push({ field: `${field}.${key}`, message: MESSAGE });
    else ratios[resource] = ratio;
  }
  if (causes.length > 0) throw invalid('the over-commit ratio', causes);
  return ratios;
}

/** The NamespaceResourceRatio of a namespace. */
export const namespaceResourceRatio = (namespace: string, ratios: OverCommit): KubernetesObject => ({
  apiVersion: 'resource.alauda.io/v1',
  kind: 'NamespaceResourceRatio',
  metadata: { name: namespace, namespace },
  spec: { ...ratios },
});

/** Its status: the ratios of the cluster, which count where the namespace has none of its own. */
export const clusterRatios = (cluster: OverCommit): Record<string, number> => ({
  ...(cluster.cpu === undefined ? {} : { clusterCPU: cluster.cpu }),
  ...(cluster.memory === undefined ? {} : { clusterMemory: cluster.memory }),
});

/** A number that isn't the way JavaScript prints it, such as `2.0`, is still the whole number 2. */
function readRatio(value: unknown): number | undefined {
  const ratio = Number(numberSource(value));
  return Number.isSafeInteger(ratio) && (ratio === 0 || ratio > 1) && ratio <= 2 ** 31 - 1 ? Math.abs(ratio) : undefined;
}
