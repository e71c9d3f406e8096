import { gatewayTimeout } from '#errors';
import type { ClusterConnection } from './cluster-connection.js';
import { type Merged, mergeOutcomes, type Outcome } from './merge-outcomes.js';

export interface FanOutOptions {
  /** What each cluster gets, from the moment when it is asked. */
  deadlineMs: number;
  /** Clusters that are asked at the same time. */
  concurrency: number;
}

/**
 * Asks several clusters and gives what came, and who failed and why: one dead cluster costs its own share of the answer and nothing else.
 * `call` gets a signal that aborts at the cluster's deadline; should it not heed it, the cluster counts as failed all the same.
 */
export async function fanOut<T>(
  clusters: readonly ClusterConnection[],
  call: (cluster: ClusterConnection, signal: AbortSignal) => Promise<T>,
  { deadlineMs, concurrency }: FanOutOptions,
): Promise<Merged<T>> {
  const outcomes = new Array<Outcome<T>>(clusters.length);
  const entries = clusters.entries();
  const worker = async () => {
    for (const [index, cluster] of entries) outcomes[index] = await askOne(cluster, call, deadlineMs);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, clusters.length) }, worker));
  return mergeOutcomes(outcomes);
}

async function askOne<T>(
  cluster: ClusterConnection,
  call: (cluster: ClusterConnection, signal: AbortSignal) => Promise<T>,
  deadlineMs: number,
): Promise<Outcome<T>> {
  const { name } = cluster;
  const deadline = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = gatewayTimeout(name, `no answer came within ${deadlineMs} ms`);
    late.reject(failure);
    deadline.abort(failure);
  }, deadlineMs);
  try {
    return { cluster: name, value: await Promise.race([call(cluster, deadline.signal), late.promise]) };
  } catch (error) {
    return { cluster: name, error };
  } finally {
    clearTimeout(timer);
  }
}
