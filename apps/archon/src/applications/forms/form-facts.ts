import type { ExtendedResource } from '../../quotas/extended-resources.js';
import type { ApplicationForm } from './application-form.dto.js';
import type { NamespaceLimits } from './namespace-limits.js';

/** What a form has to be held against: the namespace and the cluster as the caller sees them. */
export interface FormFacts {
  /** Name of the cluster. */
  cluster: string;
  limits: NamespaceLimits;
  /** `status.phase` of the claims that the form names; undefined for one that is not there. */
  claims: ReadonlyMap<string, string | undefined>;
  /** `type` of the Secrets whose keys become environment variables; undefined for one that is not there. */
  secretTypes: ReadonlyMap<string, string | undefined>;
  /** What the cluster offers beyond CPU and memory; empty when the form asks for none. */
  extendedResources: readonly ExtendedResource[];
}

/** What has to be looked up for a form. */
export interface FormQuestions {
  claims: string[];
  secrets: string[];
  extendedResources: boolean;
}

/** Each name once. */
export function questionsOf({ spec: { workload } }: ApplicationForm): FormQuestions {
  const containers = [...workload.containers, ...(workload.initContainers ?? [])];
  const claims = (workload.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  const secrets = containers.flatMap(({ envFrom = [] }) => envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []));
  return {
    claims: [...new Set(claims)],
    secrets: [...new Set(secrets)],
    extendedResources: containers.some(({ extendedResources = {} }) => Object.keys(extendedResources).length > 0),
  };
}
