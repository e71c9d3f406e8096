import type { ProjectEntity } from './project.entity.js';
import { PROJECT_API_VERSION } from './project-request.js';

/** A cluster of a project, by name. */
export interface ProjectCluster {
  id: string;
  name: string;
  hard: Record<string, string>;
  type: string;
  phase: 'Pending' | 'Active' | 'Failed';
  message: string;
}

/** A cluster as it is shown, and as it was asked for: `kubectl apply` finds no difference. */
interface ShownCluster {
  name: string;
  quota: Record<string, string>;
  type?: string;
}

export const toShownCluster = ({ name, hard, type }: Pick<ProjectCluster, 'name' | 'hard' | 'type'>): ShownCluster => ({
  name,
  quota: hard,
  ...(type === '' ? {} : { type }),
});

interface ProjectCondition {
  type: 'ProjectNameSpace' | 'Quota';
  status: 'True' | 'False';
  reason: string;
  message: string;
  projectNameSpaceDetail?: { name: string; successClusters: Record<string, boolean>; failedClusters: Record<string, string> };
}

/** `auth.alauda.io/v1` `Project`, the official shape. */
export interface ProjectObject {
  apiVersion: string;
  kind: 'Project';
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  spec: {
    clusters: ShownCluster[];
    clusterDeletePolicy: 'Retain' | 'Delete';
    resources: ProjectEntity['resources'];
  };
  status: { phase: 'Active' | 'Pending' | 'Terminating'; conditions: ProjectCondition[] };
}

export function toProjectObject(row: ProjectEntity, clusters: readonly ProjectCluster[], domain: string): ProjectObject {
  return {
    apiVersion: PROJECT_API_VERSION,
    kind: 'Project',
    metadata: {
      name: row.name,
      uid: row.id,
      resourceVersion: row.resourceVersion,
      generation: row.generation,
      creationTimestamp: toSeconds(row.createdAt),
      ...(row.deletedAt === null ? {} : { deletionTimestamp: toSeconds(row.deletedAt) }),
      labels: { ...row.labels, [`${domain}/project`]: row.name, [`${domain}/project.level`]: '1', [`${domain}/project.parent`]: '' },
      annotations: { ...row.annotations, [`${domain}/creator`]: row.createdBy },
    },
    spec: {
      clusters: clusters.map(toShownCluster),
      clusterDeletePolicy: row.deletePolicy,
      resources: row.resources,
    },
    status: { phase: phaseOf(row, clusters), conditions: [namespaceCondition(row.name, clusters)] },
  };
}

function phaseOf(row: ProjectEntity, clusters: readonly ProjectCluster[]): ProjectObject['status']['phase'] {
  if (row.deletedAt !== null) return 'Terminating';
  return clusters.every(({ phase }) => phase === 'Active') ? 'Active' : 'Pending';
}

/** Whether the project's own namespace is there in all of its clusters. */
function namespaceCondition(name: string, clusters: readonly ProjectCluster[]): ProjectCondition {
  const missing = clusters.filter(({ phase }) => phase !== 'Active');
  return {
    type: 'ProjectNameSpace',
    status: missing.length === 0 ? 'True' : 'False',
    reason: missing.length === 0 ? 'Created' : missing.some(({ phase }) => phase === 'Failed') ? 'Failed' : 'Pending',
    message: missing.map((cluster) => `${cluster.name}: ${cluster.message || 'is being made'}`).join('; '),
    projectNameSpaceDetail: {
      name,
      successClusters: Object.fromEntries(clusters.filter(({ phase }) => phase === 'Active').map((cluster) => [cluster.name, true])),
      failedClusters: Object.fromEntries(missing.map((cluster) => [cluster.name, cluster.message])),
    },
  };
}

/** Kubernetes' times have no fractions. */
const toSeconds = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, 'Z');
