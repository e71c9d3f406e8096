import { readFileSync } from 'node:fs';
import { type ControlPlaneOptions, openLab, type Progress } from '#lab';
import type { RegisteredCluster } from './registration.js';

export interface LocalCluster extends RegisteredCluster {
  kubeconfigFile: string;
  /** Why the cluster has no real node, where it should have one. */
  nodeUnavailable: string | undefined;
}

interface ClusterPlan {
  name: string;
  displayName: string;
  nodes: ControlPlaneOptions;
}

const CLUSTERS: ClusterPlan[] = [
  { name: 'global', displayName: 'Platform', nodes: {} },
  { name: 'c1', displayName: 'One real node', nodes: { realNode: true, metrics: true } },
  { name: 'c2', displayName: 'Ten simulated nodes', nodes: { fakeNodes: 10, metrics: true } },
];

/** Starts the local clusters side by side, or adopts the running ones. Without `withNodes` they are control planes alone. */
export async function startLocalClusters(state: string, withNodes: boolean, progress: Progress): Promise<LocalCluster[]> {
  const lab = await openLab({ state, lifetime: 'daemon', progress });
  return await Promise.all(
    CLUSTERS.map(async ({ name, displayName, nodes }) => {
      const plane = await lab.controlPlane(name, withNodes ? nodes : {});
      const kubeconfig = readFileSync(plane.kubeconfig, 'utf8');
      await plane.close();
      return { name, displayName, kubeconfig, kubeconfigFile: plane.kubeconfig, nodeUnavailable: plane.nodeUnavailable };
    }),
  );
}
