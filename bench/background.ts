import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Background {
  pid: number;
  /** Everything printed so far. */
  output(): string;
  /** Ends it and waits until it has ended. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 40_000;
const OUTPUT_TAIL = 4000;

/** Starts a program that ends with this process, even when that is killed. Resolves once `isReady` says so (it is asked every 10 ms). */
export async function startBackground<T>(
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  isReady: (output: string) => Promise<T | undefined> | T | undefined,
): Promise<{ background: Background; ready: T }> {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-OUTPUT_TAIL)));
  await once(child, 'spawn');
  const background: Background = { pid: child.pid ?? 0, output: () => output, stop: () => stop(child, ended) };
  for (const deadline = Date.now() + READY_TIMEOUT_MS; ; await sleep(10)) {
    const ready = await isReady(output);
    if (ready !== undefined) return { background, ready };
    if (child.exitCode === null && child.signalCode === null && Date.now() < deadline) continue;
    await background.stop();
    throw new Error(`${program} ${args.join(' ')} isn't ready; it printed:\n${output}`);
  }
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(patience);
}
