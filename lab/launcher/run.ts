import { execFile } from 'node:child_process';

/** A program's stdout. Throws with its stderr when it can't be started or fails; `code` is its exit code. */
export function run(file: string, args: string[], options: { cwd?: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { ...options, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new ProgramError(`${file} ${args[0] ?? ''}: ${stderr.trim() || error.message}`, error.code));
      else resolve(stdout);
    });
  });
}

export class ProgramError extends Error {
  constructor(
    message: string,
    readonly code: string | number | null | undefined,
  ) {
    super(message);
  }
}
