import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { isSameProcess, type ProcessIdentity, readProcessStat } from './process-identity.js';
import { Fatal, until } from './until.js';

export interface Program {
  /** Name of the process within its lab; also of its log. */
  name: string;
  file: string;
  args: string[];
  cwd?: string;
  env?: Record<string, string>;
  /** Files of a former process that must be gone before this one starts. */
  leftovers?: string[];
  /** What besides the command line makes a running process an other one, such as the content of its configuration. */
  inputs?: string[];
}

interface Entry extends ProcessIdentity {
  fingerprint: string;
}

const KILL_TIMEOUT_MS = 15_000;
const LOG_TAIL_BYTES = 2000;
// The caller's own environment stays out: a proxy variable, for one, would send API servers astray.
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: homedir() };

/** The processes of one lab, each known by a file with its id and start time, so that a later launcher finds them and no other. */
export class Processes {
  private readonly folder: string;
  readonly logs: string;

  constructor(
    state: string,
    private readonly lifetime: 'process' | 'daemon',
  ) {
    this.folder = path.join(state, 'processes');
    this.logs = path.join(state, 'logs');
  }

  /** Runs the program unless it runs already with the same command line and inputs. False when it was adopted. */
  async ensure(program: Program): Promise<boolean> {
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([program.file, program.args, program.env, program.inputs]))
      .digest('hex');
    if (this.isRunning(program.name)) {
      if (this.read(program.name)?.fingerprint === fingerprint) return false;
      await this.end(program.name, 'SIGKILL');
    }
    this.start(program, fingerprint);
    return true;
  }

  isRunning(name: string): boolean {
    const entry = this.read(name);
    return entry !== undefined && isSameProcess(entry, statOf(entry.pid));
  }

  /** Throws a Fatal with the end of its log when the process has ended. */
  expectRunning(name: string): void {
    if (!this.isRunning(name)) throw new Fatal(`${name} has ended; ${this.logFile(name)} says:\n${this.logTail(name)}`);
  }

  /** Sends a signal. False when the process doesn't run. */
  signal(name: string, signal: NodeJS.Signals): boolean {
    const entry = this.read(name);
    return entry !== undefined && isSameProcess(entry, statOf(entry.pid)) && process.kill(entry.pid, signal);
  }

  /** Ends a process and waits until it is gone; SIGKILL follows when the signal doesn't end it within 3 s. */
  async end(name: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const begun = Date.now();
    if (this.signal(name, signal)) {
      // A paused process would only see SIGTERM once it goes on.
      this.signal(name, 'SIGCONT');
      await until(`end of ${name}`, KILL_TIMEOUT_MS, () => {
        if (!this.isRunning(name)) return true;
        if (Date.now() - begun > 3000) this.signal(name, 'SIGKILL');
        return undefined;
      });
    }
    rmSync(this.file(name), { force: true });
  }

  /** Names of all processes that this lab knows of, running or not. */
  names(): string[] {
    try {
      return readdirSync(this.folder).map((file) => path.basename(file, '.json'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  logFile(name: string): string {
    return path.join(this.logs, `${name}.log`);
  }

  private start(program: Program, fingerprint: string): void {
    mkdirSync(this.folder, { recursive: true });
    mkdirSync(this.logs, { recursive: true });
    for (const file of program.leftovers ?? []) rmSync(file, { force: true });
    const [file, args] =
      this.lifetime === 'process'
        ? ['setpriv', ['--pdeathsig', 'KILL', '--', program.file, ...program.args]]
        : [program.file, program.args];
    const log = openSync(this.logFile(program.name), 'a');
    // Detached: a Ctrl-C in the terminal is for the launcher, which then decides.
    const child = spawn(file, args, {
      cwd: program.cwd,
      env: { ...ENVIRONMENT, ...program.env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.on('error', () => undefined); // no pid then, which is told below
    child.unref();
    const stat = child.pid === undefined ? undefined : statOf(child.pid);
    if (child.pid === undefined || stat === undefined) throw new Error(`${file} can't be started`);
    const entry: Entry = { pid: child.pid, startTime: readProcessStat(stat).startTime, fingerprint };
    writeFileSync(this.file(program.name), JSON.stringify(entry));
  }

  private read(name: string): Entry | undefined {
    try {
      return JSON.parse(readFileSync(this.file(name), 'utf8')) as Entry;
    } catch (error) {
      // A launcher that died while writing leaves half a file.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private file(name: string): string {
    return path.join(this.folder, `${name}.json`);
  }

  private logTail(name: string): string {
    try {
      return readFileSync(this.logFile(name), 'utf8').slice(-LOG_TAIL_BYTES);
    } catch (error) {
      return `(${String(error)})`;
    }
  }
}

function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no such process
  }
}
