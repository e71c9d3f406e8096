import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Invocation } from './invocation.js';
import { ensureArchon, type RunningArchon } from './local/archon-process.js';
import { Client } from './local/client.js';
import { startLocalClusters } from './local/local-clusters.js';
import { readOwnClusters } from './local/own-clusters.js';
import { proxyKubeconfig } from './local/proxy-kubeconfig.js';
import { quickStart } from './local/quick-start.js';
import { type RegisteredCluster, register, waitUntilReady } from './local/registration.js';
import { type Connection, type StateFolders, stateFolders, writePrivateFile } from './local/state.js';

interface UpOptions {
  clusters: 'full' | 'control-planes' | 'none';
  kubeconfig?: string;
  databaseUrl?: string;
  port?: number;
}

interface KnownCluster extends RegisteredCluster {
  kubeconfigFile: string;
  nodeUnavailable?: string | undefined;
}

/** Starts what isn't running yet, registers the clusters, and tells how to go on. */
export async function run({ root, options, progress }: Invocation<UpOptions>): Promise<number> {
  const startedAt = performance.now();
  leaveWhenInterrupted(progress);
  const state = stateFolders(root);
  mkdirSync(state.logs, { recursive: true, mode: 0o700 });
  linkLabLogs(state);
  const own = options.kubeconfig === undefined ? undefined : ownClusters(options.kubeconfig);
  const startingClusters = own ?? startClusters(state, options, progress);
  const startingArchon = progress.step('Postgres and Archon', (waitingFor) => ensureArchon(root, state, options, waitingFor));
  // When one fails, the other is not left half done.
  await Promise.allSettled([startingClusters, startingArchon]);
  const [clusters, archon] = [await startingClusters, await startingArchon];
  const notes = await registerAll(archon, clusters, progress);
  const connection = writeConnection(state, archon, clusters);
  process.stdout.write(`\nReady after ${((performance.now() - startedAt) / 1000).toFixed(1)} s.\n\n`);
  process.stdout.write(summary(connection, archon, clusters, options));
  for (const note of notes) process.stdout.write(`\nNote: ${note}\n`);
  return 0;
}

function ownClusters(kubeconfig: string): KnownCluster[] {
  // npm changes into the checkout before it runs a script.
  const kubeconfigFile = path.resolve(process.env.INIT_CWD ?? '.', kubeconfig);
  return readOwnClusters(kubeconfigFile).map((cluster) => ({ ...cluster, kubeconfigFile }));
}

async function startClusters(state: StateFolders, { clusters }: UpOptions, progress: Invocation['progress']): Promise<KnownCluster[]> {
  return clusters === 'none' ? [] : await startLocalClusters(state.lab, clusters === 'full', progress);
}

/** Returns what the user should know: clusters that aren't ready, nodes that are missing. */
async function registerAll(archon: RunningArchon, clusters: KnownCluster[], progress: Invocation['progress']): Promise<string[]> {
  const client = new Client(archon.url, archon.caFile, archon.token);
  try {
    const notes = await Promise.all(
      clusters.map(async (cluster) => {
        const notReady = await progress.step(`register ${cluster.name}`, async (waitingFor) => {
          await register(client, cluster);
          return await waitUntilReady(client, cluster.name, waitingFor);
        });
        return [
          ...(notReady === undefined ? [] : [`still waiting for ${notReady}`]),
          ...(cluster.nodeUnavailable === undefined ? [] : [`${cluster.name} has no real node: ${cluster.nodeUnavailable}`]),
        ];
      }),
    );
    return notes.flat();
  } finally {
    await client.close();
  }
}

function writeConnection(state: StateFolders, archon: RunningArchon, clusters: KnownCluster[]): Connection {
  const { url, caFile, token } = archon;
  const names = clusters.map(({ name }) => name);
  writePrivateFile(state.kubeconfig, proxyKubeconfig(url, caFile === '' ? undefined : readFileSync(caFile, 'utf8'), token, names));
  const connection: Connection = {
    url,
    caFile,
    token,
    kubeconfig: state.kubeconfig,
    clusters: clusters.map(({ name, kubeconfigFile }) => ({ name, kubeconfig: kubeconfigFile })),
  };
  writePrivateFile(state.connection, `${JSON.stringify(connection, undefined, 2)}\n`);
  return connection;
}

function summary(connection: Connection, archon: RunningArchon, clusters: KnownCluster[], options: UpOptions): string {
  const rows = [
    ['URL', connection.url],
    ['CA file', connection.caFile],
    ['admin token', connection.token],
    ['kubeconfig', `${connection.kubeconfig} (contexts: ${clusters.map(({ name }) => name).join(', ') || 'none'})`],
    ['documentation', `${connection.url}/docs`],
    ['logs', path.join(path.dirname(connection.kubeconfig), 'logs')],
  ];
  const table = rows.map(([name = '', value = '']) => `  ${name.padEnd(14)}${value}\n`).join('');
  const isRunnable = options.kubeconfig === undefined && options.clusters === 'full';
  return `${table}${isRunnable ? `\nQuick start:\n\n${quickStart(archon, 'c1')}` : ''}\nnpm run down stops it.\n`;
}

function linkLabLogs(state: StateFolders): void {
  try {
    symlinkSync('../lab/logs', path.join(state.logs, 'clusters'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Everything that runs is known by a file and adopted by the next call, so leaving at once is safe. */
function leaveWhenInterrupted(progress: Invocation['progress']): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      progress.note('Interrupted. What runs keeps running: npm run up goes on from here, npm run down stops it.');
      process.exit(130);
    });
}
