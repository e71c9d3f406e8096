import type { PodSecurity } from '../quotas/pod-security.js';
import type { OverCommit } from '../quotas/over-commit.js';

/** What a namespace of a project is to be, besides its project, cluster and name. */
export interface NamespaceDesired {
  /** Those that somebody asked for: what Archon itself writes is not among them. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Of its ResourceQuota `default`: key to quantity. */
  hard: Record<string, string>;
  /** Of its LimitRange `default`, as Kubernetes writes them; absent: it has none. */
  limits?: readonly unknown[];
  podSecurity: PodSecurity;
  /** Absent: that of the cluster. */
  overCommit?: OverCommit;
}
