import { spawn } from 'node:child_process';

export interface Ended {
  pid: number | undefined;
  /** 128 + n for a program that signal n ended, as shells say it. */
  code: number;
  /** Standard output and error together, unless they went to the terminal. */
  output: string;
  /** Standard output alone. */
  stdout: string;
}

interface Options {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** True shows the output as it comes. */
  inherit?: boolean;
}

const running = new Set<(signal: NodeJS.Signals) => void>();

/** Runs a program to its end; a signal to this process reaches it. Throws when it can't be started. */
export function runProgram(program: string, args: string[], { cwd, env = process.env, inherit = false }: Options): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', inherit ? 'inherit' : 'pipe', inherit ? 'inherit' : 'pipe'] });
    const kill = (signal: NodeJS.Signals) => void child.kill(signal);
    running.add(kill);
    let output = '';
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', (cause) => {
      running.delete(kill);
      reject(new Error(`${program} can't be started`, { cause }));
    });
    child.on('close', (code, signal) => {
      running.delete(kill);
      resolve({ pid: child.pid, code: code ?? (signal === 'SIGINT' ? 130 : 143), output, stdout });
    });
  });
}

/** From now on an interrupt ends the running programs first, so that they clean up; `interrupted` tells afterwards that there was one. */
export function passInterrupts(): { interrupted: () => boolean } {
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      interrupted = true;
      for (const kill of running) kill(signal);
    });
  return { interrupted: () => interrupted };
}
