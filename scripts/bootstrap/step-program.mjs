import { spawn } from 'node:child_process';
import { StepError } from './progress.mjs';

const SHOWN_BYTES = 16_000;

/**
 * Runs a program in silence; when it fails, the error shows the end of what it printed.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, install: string }} options `install`: the command that brings the program
 * @returns {Promise<void>}
 */
export function runStepProgram(program, args, { cwd, env, install }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-SHOWN_BYTES);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (cause) => {
      reject(new StepError(cause.code === 'ENOENT' ? `${program} is missing. Install it: ${install}` : `${program}: ${cause.message}`));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new StepError(`${[program, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}:\n${output.trimEnd()}`));
    });
  });
}
