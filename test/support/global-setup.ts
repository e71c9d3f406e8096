import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { environment } from '#config';
import { startEmbeddedPostgres } from '#database';
import { openLab } from '#lab';

/** What every test file gets: one set of clusters and one Postgres for the whole run. */
export interface TestEnvironment {
  /** Folder of this run; removed at its end. */
  state: string;
  /** URL of a database of the server in which each file makes its own. */
  postgresUrl: string;
  kubectl: string;
  lab: string;
  clusters: Record<'global' | 'c1' | 'c2', TestCluster>;
}

export interface TestCluster {
  name: string;
  url: string;
  caFile: string;
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  /** Folder with `apiserver-kubelet-client.crt` and `.key`: a client certificate of `system:masters`. */
  certificates: string;
  /** Why there is no real node where there should be one. */
  nodeUnavailable?: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    environment: TestEnvironment;
  }
}

/**
 * `c1` has a real node, `c2` ten fake ones, `global` none. `ARCHON_TEST_DATABASE_URL` names a server to use instead of the embedded one.
 * `ARCHON_TEST_ENVIRONMENT` names a file: the first run (a watching one stays) describes its clusters there, further runs use those.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = path.resolve(import.meta.dirname, '../..');
  if (!existsSync(path.join(root, 'dist/apps/archon/src/main.js')))
    throw new Error('Archon is not built: run "npm test", or "npm run build" first');
  const shared = environment().ARCHON_TEST_ENVIRONMENT;
  if (shared !== undefined && existsSync(shared)) {
    project.provide('environment', JSON.parse(await readFile(shared, 'utf8')) as TestEnvironment);
    return () => Promise.resolve();
  }
  const state = path.join(root, '.archon', `test-${process.pid}`);
  await mkdir(state, { recursive: true, mode: 0o700 });
  const given = environment().ARCHON_TEST_DATABASE_URL;
  const lab = await openLab({ state: path.join(state, 'lab'), lifetime: 'process', progress: { step: printed } });
  const [postgres, global, c1, c2] = await Promise.all([
    given === undefined
      ? startEmbeddedPostgres(path.join(state, 'postgres'), { durable: false, dieWithParent: true, maxConnections: 400 })
      : undefined,
    lab.controlPlane('global'),
    lab.controlPlane('c1', { realNode: true }),
    lab.controlPlane('c2', { fakeNodes: 10 }),
  ]);
  const describe = ({ name, url, caFile, kubeconfig, certificates, nodeUnavailable }: typeof c1): TestCluster => ({
    name,
    url,
    caFile,
    kubeconfig,
    certificates,
    ...(nodeUnavailable === undefined ? {} : { nodeUnavailable }),
  });
  const opened: TestEnvironment = {
    state,
    postgresUrl: given ?? postgres?.url ?? '',
    kubectl: lab.tools.kubectl,
    lab: lab.tools.lab,
    clusters: { global: describe(global), c1: describe(c1), c2: describe(c2) },
  };
  project.provide('environment', opened);
  if (shared !== undefined) await writeFile(shared, JSON.stringify(opened));
  return async () => {
    if (shared !== undefined) await rm(shared, { force: true });
    await Promise.all([lab.stop({ purge: true }), postgres?.stop()]);
    await rm(state, { recursive: true, force: true });
  };
}

async function printed<T>(name: string, work: (waitingFor: (what: string) => void) => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work(() => undefined);
  process.stdout.write(`  ${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
  return result;
}
