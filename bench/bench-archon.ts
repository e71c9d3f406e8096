import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from '../scripts/local/client.js';
import { findReady, type Listening } from '../scripts/local/listening.js';
import { type Background, startBackground } from './background.js';

export interface BenchArchon extends Background {
  url: string;
  /** Of the authority of its certificate; empty without TLS. */
  caFile: string;
  token: string;
  client: Client;
}

/** Starts the built Archon with a state folder of its own. Without `databaseUrl` it brings its own Postgres. */
export async function startArchon(
  root: string,
  state: string,
  settings: { tls: 'off' | 'generated'; databaseUrl?: string; index?: boolean },
): Promise<BenchArchon> {
  const { background, ready } = await startBackground<Listening>(
    process.execPath,
    [path.join(root, 'dist/apps/archon/src/main.js')],
    {
      PATH: process.env.PATH,
      ARCHON_STATE_DIR: state,
      ARCHON_CLUSTER_ALLOWED_NETWORKS: '127.0.0.0/8,10.0.0.0/8',
      ARCHON_MAX_STREAMS_PER_USER: '2000',
      ARCHON_MAX_STREAMS_PER_CLUSTER: '2000',
      ARCHON_PORT: '0',
      ARCHON_SHUTDOWN_DELAY_SECONDS: '0',
      ARCHON_TLS: settings.tls,
      ARCHON_INDEX: String(settings.index ?? true),
      ...(settings.databaseUrl === undefined ? {} : { ARCHON_DATABASE_URL: settings.databaseUrl }),
    },
    () => findReady(state),
  );
  const token = readFileSync(ready.adminTokenFile, 'utf8').trim();
  const client = new Client(ready.url, ready.caFile, token);
  return {
    ...background,
    url: ready.url,
    caFile: ready.caFile ?? '',
    token,
    client,
    stop: async () => {
      await client.close();
      await background.stop();
    },
  };
}
