import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A background process that a file identifies: `<pid> <start time> <fingerprint>`. Ids are reused, a start time with the same id isn't. */
export interface Daemon {
  pid: number;
  fingerprint: string;
}

export interface DaemonProgram {
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  pidFile: string;
  logFile: string;
  /** Tells a later caller whether the process is what it would start itself; no blanks. */
  fingerprint: string;
}

const POLL_MS = 20;

/** The running process of a pid file. */
export function findDaemon(pidFile: string): Daemon | undefined {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch {
    return undefined; // never started, or stopped
  }
  const [pid, started, fingerprint = ''] = text.trim().split(' ');
  if (pid === undefined || started === undefined || startTime(pid) !== started) return undefined;
  return { pid: Number(pid), fingerprint };
}

/** Starts a process that outlives this one. */
export function startDaemon({ file, args, env, pidFile, logFile, fingerprint }: DaemonProgram): void {
  mkdirSync(path.dirname(logFile), { recursive: true, mode: 0o700 });
  mkdirSync(path.dirname(pidFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'a', 0o600);
  try {
    // The shell writes the pid file and then becomes the program: killed at any point, no process is left that no file names.
    const script = 'echo "$$ $(cut -d " " -f 22 "/proc/$$/stat") $1" > "$0" && shift && exec "$@"';
    const child = spawn('sh', ['-c', script, pidFile, fingerprint, file, ...args], { env, detached: true, stdio: ['ignore', log, log] });
    child.unref();
  } finally {
    closeSync(log);
  }
}

/**
 * Ends the process of a pid file: SIGTERM, then SIGKILL after `graceMs`. False when none ran.
 * Returns once it is gone.
 */
export async function stopDaemon(pidFile: string, graceMs: number): Promise<boolean> {
  const daemon = findDaemon(pidFile);
  if (daemon === undefined) return false;
  process.kill(daemon.pid, 'SIGTERM');
  for (const started = Date.now(); findDaemon(pidFile) !== undefined; await sleep(POLL_MS))
    if (Date.now() - started > graceMs) process.kill(daemon.pid, 'SIGKILL');
  rmSync(pidFile, { force: true });
  return true;
}

/** Clock ticks from boot to the start of a process that is alive; undefined otherwise (a zombie only waits for its parent). */
function startTime(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined; // no such process
  }
}
