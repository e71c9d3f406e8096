import type { ClusterHealthRecord } from './cluster-health.service.js';
import type { ClusterSnapshot } from './cluster-snapshot.js';

export const REGISTRY_API_VERSION = 'clusterregistry.k8s.io/v1alpha1';

/** What is known of a cluster's state; undefined where nobody has asked. */
type Health = Pick<ClusterHealthRecord, 'state' | 'reason' | 'since' | 'lastSeen' | 'version'> | undefined;

/**
 * A cluster as the official `clusterregistry.k8s.io/v1alpha1` writes it. Who may go to the cluster directly sees its endpoint and CA; nothing
 * of a credential is ever in it, not even the name of where it is kept.
 */
export function toRegistryCluster(cluster: ClusterSnapshot, health: Health, seesEndpoint: boolean, displayNameAnnotation: string) {
  return {
    apiVersion: REGISTRY_API_VERSION,
    kind: 'Cluster',
    metadata: {
      name: cluster.name,
      uid: cluster.id,
      resourceVersion: cluster.resourceVersion,
      creationTimestamp: cluster.createdAt,
      labels: cluster.labels,
      annotations:
        cluster.displayName === '' ? cluster.annotations : { ...cluster.annotations, [displayNameAnnotation]: cluster.displayName },
    },
    spec: seesEndpoint
      ? {
          kubernetesApiEndpoints: {
            serverEndpoints: [{ clientCIDR: '0.0.0.0/0', serverAddress: cluster.endpoint }],
            ...(cluster.certificateAuthority === null ? {} : { caBundle: Buffer.from(cluster.certificateAuthority).toString('base64') }),
          },
        }
      : {},
    status: {
      type: 'Kubernetes',
      ...(health?.version === undefined ? {} : { version: health.version }),
      conditions: health === undefined ? [] : [notAccessible(health)],
    },
  };
}

function notAccessible({ state, reason, since, lastSeen }: NonNullable<Health>) {
  return {
    type: 'NotAccessible',
    status: state === 'Ready' ? 'False' : 'True',
    reason: state,
    message: reason,
    lastTransitionTime: since.toISOString(),
    ...(lastSeen === undefined ? {} : { lastHeartbeatTime: lastSeen.toISOString() }),
  };
}
