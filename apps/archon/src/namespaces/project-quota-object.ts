import { formatQuantity, type KubernetesObject, type ResourceRef } from '#kubernetes';

type Quantities = Readonly<Record<string, string>>;

/** What a project has in a cluster, and what its namespaces have claimed of it, in nano-units. */
export interface ProjectShare {
  project: string;
  hard: Quantities;
  claimed: ReadonlyMap<string, bigint>;
}

interface ProjectQuotaObject extends KubernetesObject {
  spec?: { hard?: Quantities };
  status?: { hard?: Quantities; used?: Quantities };
}

export const PROJECT_QUOTAS = { group: 'auth.alauda.io', version: 'v1', resource: 'projectquotas' } as const;

export const projectQuotaRef = (project: string): ResourceRef & { name: string } => ({ ...PROJECT_QUOTAS, name: project });

/** The ProjectQuota that says so. */
export function projectQuotaObject({ project, hard, claimed }: ProjectShare, domain: string): ProjectQuotaObject {
  const keys = [...new Set([...Object.keys(hard), ...claimed.keys()])].sort();
  return {
    apiVersion: `${PROJECT_QUOTAS.group}/${PROJECT_QUOTAS.version}`,
    kind: 'ProjectQuota',
    metadata: { name: project, labels: { 'app.kubernetes.io/managed-by': 'archon', [`${domain}/project`]: project } },
    spec: { hard: { ...hard } },
    status: { hard: { ...hard }, used: Object.fromEntries(keys.map((key) => [key, formatQuantity(claimed.get(key) ?? 0n, hard[key])])) },
  };
}

/** Whether a live object says the same, so that nothing need be written. */
export function isCurrent(live: KubernetesObject | undefined, ours: ProjectQuotaObject): boolean {
  const found: ProjectQuotaObject | undefined = live;
  const labels = found?.metadata.labels ?? {};
  return (
    found !== undefined &&
    isSame(found.spec?.hard, ours.spec?.hard) &&
    isSame(found.status?.hard, ours.status?.hard) &&
    isSame(found.status?.used, ours.status?.used) &&
    Object.entries(ours.metadata.labels ?? {}).every(([key, value]) => labels[key] === value)
  );
}

function isSame(one: Quantities = {}, other: Quantities = {}): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
