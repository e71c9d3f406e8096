import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.js';

/** A cluster to be registered with Archon. */
export interface RegisteredCluster {
  name: string;
  displayName: string;
  /** Text of a kubeconfig with inline credentials. */
  kubeconfig: string;
  /** Its current context when absent. */
  context?: string;
}

const READY_TIMEOUT_MS = 30_000;

/** Registers a cluster, or gives the registered one this kubeconfig. Throws with Archon's reason when it is refused. */
export async function register(client: Client, { name, displayName, kubeconfig, context }: RegisteredCluster): Promise<void> {
  const credential = { kubeconfig, ...(context === undefined ? {} : { context }) };
  const created = await client.call('POST', '/acp/v1/clusters', { metadata: { name }, spec: { displayName, ...credential } }, [409]);
  if (created.status === 409) await client.call('PATCH', `/acp/v1/clusters/${name}`, { spec: credential });
}

/** Waits at most 30 s for a registered cluster. Returns what it still waits for then, or undefined when the cluster is ready. */
export async function waitUntilReady(client: Client, name: string, waitingFor: (what: string) => void): Promise<string | undefined> {
  for (const deadline = Date.now() + READY_TIMEOUT_MS; ; await sleep(200)) {
    const { status } = (await client.call('GET', `/acp/v1/clusters/${name}`)).body as { status: { state: string; reason: string } };
    if (status.state === 'Ready') return undefined;
    const awaited = `${name} to be ready (${status.state}: ${status.reason})`;
    if (Date.now() > deadline) return awaited;
    waitingFor(awaited);
  }
}
