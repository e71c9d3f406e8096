import type { ClusterEntity } from './cluster.entity.js';

/** What may be told of a registration: nothing of its credential. */
export interface ClusterSnapshot {
  id: string;
  name: string;
  displayName: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  endpoint: string;
  certificateAuthority: string | null;
  disabled: boolean;
  createdAt: string;
  resourceVersion: string;
}

export const toSnapshot = (row: ClusterEntity): ClusterSnapshot => ({
  id: row.id,
  name: row.name,
  displayName: row.displayName,
  labels: row.labels,
  annotations: row.annotations,
  endpoint: row.endpoint,
  certificateAuthority: row.certificateAuthority,
  disabled: row.disabledAt !== null,
  createdAt: row.createdAt.toISOString(),
  resourceVersion: row.resourceVersion,
});
