import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopEmbeddedPostgres } from '#database';
import { findDaemon, startDaemon, stopDaemon } from './daemon.js';
import { findReady, type Listening, listeningFile } from './listening.js';
import type { StateFolders } from './state.js';

export interface RunningArchon {
  url: string;
  caFile: string;
  token: string;
  tokenFile: string;
}

interface ArchonOptions {
  databaseUrl?: string | undefined;
  port?: number | undefined;
}

/** The local clusters are on this machine, one's own ones in its network. */
const LOCAL_NETWORKS = '127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7';
const USUAL_PORT = 8443;
const READY_TIMEOUT_MS = 120_000;
// More than the time that Archon itself gives to running requests.
const STOP_TIMEOUT_MS = 40_000;
const LOG_TAIL_BYTES = 4000;

const pidFile = (state: StateFolders) => path.join(state.archon, 'archon.pid');

/**
 * Returns a ready Archon of this build with these options: the running one when it fits, else a new one in its place.
 * Throws with the end of its log when it doesn't become ready.
 */
export async function ensureArchon(
  root: string,
  state: StateFolders,
  options: ArchonOptions,
  waitingFor: (what: string) => void,
): Promise<RunningArchon> {
  const settings: NodeJS.ProcessEnv = {
    ARCHON_CLUSTER_ALLOWED_NETWORKS: LOCAL_NETWORKS,
    ...archonSettings(process.env),
    ARCHON_STATE_DIR: state.archon,
    ARCHON_SHUTDOWN_DELAY_SECONDS: '0',
    ...optionSettings(options),
  };
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([readFileSync(path.join(root, 'dist/.stamp'), 'utf8'), process.execPath, settings]))
    .digest('hex');
  const running = findDaemon(pidFile(state));
  if (running?.fingerprint !== fingerprint) {
    if (running !== undefined) {
      waitingFor('the end of the Archon of another build or with other options');
      await stopDaemon(pidFile(state), STOP_TIMEOUT_MS);
    }
    rmSync(listeningFile(state.archon), { force: true });
    const port = settings.ARCHON_PORT ?? String((await isFree(USUAL_PORT)) ? USUAL_PORT : 0);
    start(root, state, { ...settings, ARCHON_PORT: port }, fingerprint);
  }
  return await ready(state, waitingFor);
}

/** Stops Archon and its embedded Postgres, also one that a killed Archon left behind. False when neither ran. */
export async function stopArchon(state: StateFolders): Promise<boolean> {
  const archon = await stopDaemon(pidFile(state), STOP_TIMEOUT_MS);
  const postgres = await stopEmbeddedPostgres(path.join(state.archon, 'postgres'));
  return archon || postgres;
}

const logFile = (state: StateFolders) => path.join(state.logs, 'archon.log');

function start(root: string, state: StateFolders, settings: NodeJS.ProcessEnv, fingerprint: string): void {
  startDaemon({
    file: process.execPath,
    args: ['--enable-source-maps', path.join(root, 'dist/apps/archon/src/main.js')],
    env: { ...process.env, ...settings },
    pidFile: pidFile(state),
    logFile: logFile(state),
    fingerprint,
  });
}

/** The settings of Archon in an environment: who runs `up` may set any. */
const archonSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('ARCHON_')));

const optionSettings = ({ databaseUrl, port }: ArchonOptions): NodeJS.ProcessEnv => ({
  ...(databaseUrl === undefined ? {} : { ARCHON_DATABASE_URL: databaseUrl }),
  ...(port === undefined ? {} : { ARCHON_PORT: String(port) }),
});

async function ready(state: StateFolders, waitingFor: (what: string) => void): Promise<RunningArchon> {
  const startedAt = Date.now();
  waitingFor('the database, the migrations and the port');
  for (;;) {
    const listening = await findReady(state.archon);
    if (listening !== undefined && listening.pid === findDaemon(pidFile(state))?.pid) return toRunning(listening);
    const elapsed = Date.now() - startedAt;
    // The shell needs a moment to write the pid file.
    if (elapsed > 2000 && findDaemon(pidFile(state)) === undefined) throw new Error(`Archon has ended. ${logTail(state)}`);
    if (elapsed > READY_TIMEOUT_MS) throw new Error(`Archon isn't ready after ${READY_TIMEOUT_MS / 1000} s. ${logTail(state)}`);
    await sleep(50);
  }
}

function toRunning({ url, caFile, adminTokenFile }: Listening): RunningArchon {
  return { url, caFile: caFile ?? '', token: readFileSync(adminTokenFile, 'utf8').trim(), tokenFile: adminTokenFile };
}

function logTail(state: StateFolders): string {
  const file = logFile(state);
  const size = statSync(file).size;
  return `${file} ends with:\n${readFileSync(file)
    .subarray(Math.max(0, size - LOG_TAIL_BYTES))
    .toString()}`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
