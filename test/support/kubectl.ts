import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './wait-for.js';

export interface KubectlOptions {
  /** Path of the kubectl binary. */
  program: string;
  /** Path of the kubeconfig; kubectl's caches are kept beside it. */
  kubeconfig: string;
  /** Variables on top of the environment of the test. */
  environment?: Record<string, string>;
}

/** The size of a terminal. */
export interface TerminalWindow {
  rows: number;
  columns: number;
}

export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** The real kubectl against one kubeconfig. */
export class Kubectl {
  constructor(private readonly options: KubectlOptions) {}

  /** The same kubectl with further variables in its environment. */
  with(environment: Record<string, string>): Kubectl {
    return new Kubectl({ ...this.options, environment: { ...this.options.environment, ...environment } });
  }

  /** Runs to the end. Throws when kubectl can't be started, or isn't done after `timeoutMs` (30 s when absent): it is killed then. */
  async run(
    args: string[],
    { stdin = '', timeoutMs = 30_000 }: { stdin?: string | Buffer; timeoutMs?: number } = {},
  ): Promise<KubectlResult> {
    const running = this.start(args);
    running.write(stdin, { end: true });
    const code = await running.exits(timeoutMs);
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  /** The stdout of a run that must succeed. Throws what kubectl said when it doesn't. */
  async output(args: string[], options?: Parameters<Kubectl['run']>[1]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Starts a kubectl that goes on: port-forward, logs -f, get -w. The caller kills it. */
  start(args: string[]): RunningKubectl {
    return new RunningKubectl(this.options.program, this.withConfiguration(args), args, this.options.environment);
  }

  /** Starts kubectl on a pseudo-terminal of its own, by script(1): exec -it, attach -it. Its stdout holds what a screen would show. */
  startOnTerminal(args: string[], { rows, columns }: TerminalWindow = { rows: 24, columns: 80 }): RunningKubectl {
    const command = [this.options.program, ...this.withConfiguration(args)].map(quote).join(' ');
    // A pseudo-terminal is born without a size.
    const sized = `stty rows ${rows} columns ${columns} && exec ${command}`;
    const isMac = process.platform === 'darwin';
    const script = isMac ? ['-q', '/dev/null', 'sh', '-c', sized] : ['--quiet', '--return', '--command', sized, '/dev/null'];
    return new RunningKubectl('script', script, args, this.options.environment);
  }

  private withConfiguration(args: string[]): string[] {
    const { kubeconfig } = this.options;
    return ['--kubeconfig', kubeconfig, '--cache-dir', `${kubeconfig}.cache`, ...args];
  }
}

/** A kubectl that runs, with what it has printed so far. */
export class RunningKubectl {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly exit: Promise<number>;
  private ended = false;

  constructor(
    program: string,
    args: string[],
    private readonly shown: string[],
    environment: Record<string, string> = {},
  ) {
    // A group of its own, so that script and the kubectl under it go together.
    this.child = spawn(program, args, { detached: true, env: { ...process.env, ...environment } });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // kubectl may end without having read its input.
    this.child.stdin.on('error', (error: NodeJS.ErrnoException) => error.code !== 'EPIPE' && this.child.emit('error', error));
    this.exit = this.ends(program);
    void this.exit.catch(() => undefined).finally(() => (this.ended = true));
  }

  /** Types on stdin; `end` closes it. */
  write(data: string | Buffer, { end = false } = {}): void {
    if (data.length > 0) this.child.stdin.write(data);
    if (end) this.child.stdin.end();
  }

  /** Waits until stdout or stderr fits the pattern. Throws, with what was printed, on the deadline or as soon as kubectl ends without that. */
  async prints(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    const what = `${pattern} from kubectl ${this.shown.join(' ')}`;
    const printed = (): string => `it printed ${JSON.stringify(this.stdout)} and ${JSON.stringify(this.stderr)}`;
    const result = await eventually(
      () => {
        const { ended } = this;
        const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
        if (match === null && !ended) throw new Error(printed());
        return match ?? 'ended';
      },
      { what, timeoutMs },
    );
    if (result === 'ended') throw new Error(`kubectl ended without ${what}: ${printed()}`);
    return result;
  }

  /** The exit code. Kills and throws after `timeoutMs`. */
  async exits(timeoutMs = 30_000): Promise<number> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.signal('SIGKILL');
    }, timeoutMs);
    try {
      return await this.exit;
    } catch (error) {
      const printed = `${this.stdout}${this.stderr}`.slice(-2000);
      throw late
        ? new Error(`kubectl ${this.shown.join(' ')} did not end in ${timeoutMs} ms; it printed: ${printed}`, { cause: error })
        : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it with SIGTERM and waits until it has gone. */
  async kill(): Promise<void> {
    this.signal('SIGTERM');
    await this.exit.catch(() => undefined);
  }

  private async ends(program: string): Promise<number> {
    try {
      const [code, signal] = (await once(this.child, 'close')) as [number | null, string | null];
      if (code === null) throw new Error(`kubectl ${this.shown.join(' ')} was ended by ${signal}`);
      return code;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const hint = program === 'script' ? ': install it with "apt-get install bsdutils"' : '';
      throw new Error(`${program} is missing${hint}`, { cause: error });
    }
  }

  private signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
