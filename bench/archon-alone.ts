import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '#database';
import type { ControlPlane, Progress } from '#lab';
import { register } from '../scripts/local/registration.js';
import { type BenchArchon, startArchon } from './bench-archon.js';
import { residentMegabytes } from './process-statistics.js';
import { percentile } from './statistics.js';
import { timed } from './timed.js';

export interface ArchonFigures {
  /** From the start of the process to ready, on a database that runs: empty, and migrated. */
  firstStartSeconds: number;
  startSeconds: number;
  idleMegabytes: number;
  createP50Ms: number;
  createP95Ms: number;
}

const IDLE_MS = 5000;
const CREATES = 40;
const WARM_UP_CREATES = 3;
const CLUSTER = 'bench';

/** Start, memory and the creation of applications of five resources, on a local control plane without nodes. */
export async function measureArchon(root: string, state: string, plane: ControlPlane, progress: Progress): Promise<ArchonFigures> {
  const postgres = await startEmbeddedPostgres(path.join(state, 'postgres'), { dieWithParent: true });
  const start = () => startArchon(root, path.join(state, 'archon'), { tls: 'generated', databaseUrl: postgres.url });
  try {
    const first = await progress.step('start on an empty database', () => timed(start));
    await first.result.stop();
    const second = await progress.step('start', () => timed(start));
    const archon = second.result;
    try {
      await progress.step('idle', () => sleep(IDLE_MS));
      const idleMegabytes = residentMegabytes(archon.pid);
      const times = await progress.step(`create ${CREATES} applications of 5 resources`, (waitingFor) =>
        measureCreates(archon, plane, waitingFor),
      );
      return {
        firstStartSeconds: first.ms / 1000,
        startSeconds: second.ms / 1000,
        idleMegabytes,
        createP50Ms: percentile(times, 0.5),
        createP95Ms: percentile(times, 0.95),
      };
    } finally {
      await archon.stop();
    }
  } finally {
    await postgres.stop();
  }
}

/** Milliseconds of each create, one after the other, over a kept connection. */
async function measureCreates(archon: BenchArchon, plane: ControlPlane, waitingFor: (what: string) => void): Promise<number[]> {
  const kubeconfig = readFileSync(plane.kubeconfig, 'utf8');
  await register(archon.client, { name: CLUSTER, displayName: 'bench', kubeconfig });
  const applications = `/acp/v1/kubernetes/${CLUSTER}/namespaces/default/applications`;
  const times: number[] = [];
  for (let number = 1; number <= WARM_UP_CREATES + CREATES; number++) {
    waitingFor(`application ${number}`);
    const name = `bench-${number}`;
    const { ms } = await timed(() => archon.client.call('POST', applications, applicationOf(name)));
    if (number > WARM_UP_CREATES) times.push(ms);
    await archon.client.call('DELETE', `${applications}/${name}`);
  }
  return times;
}

function applicationOf(name: string): object {
  const metadata = { name };
  const labels = { app: name };
  const container = { name: 'web', image: 'archon.local/web:v1', envFrom: [{ configMapRef: { name } }, { secretRef: { name } }] };
  const componentTemplates = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
    },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { MODE: 'bench' } },
    { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { KEY: 'bench' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  ];
  return { apiVersion: 'app.k8s.io/v1beta1', kind: 'Application', metadata, spec: { componentTemplates } };
}
