#!/usr/bin/env node
// Entry of every command. Plain JavaScript with Node's own modules: it runs before anything is installed, on any Node from 18 on.
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isBuilt, build } from './bootstrap/build.mjs';
import { COMMANDS, UsageError, commandHelp, overview, readArguments } from './bootstrap/commands.mjs';
import { install } from './bootstrap/install.mjs';
import { withLock } from './bootstrap/lock.mjs';
import { become, pinnedNode, withPinnedNode } from './bootstrap/node.mjs';
import { createProgress } from './bootstrap/progress.mjs';

const self = fileURLToPath(import.meta.url);
const root = path.dirname(path.dirname(self));
const [name = 'help', ...args] = process.argv.slice(2);

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** Failures that we foresaw explain themselves, with their causes; the engine's own errors are faults of the code and show where. */
function explain(error) {
  const isFault = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError].some((type) => error instanceof type);
  if (!(error instanceof Error) || isFault) return error?.stack ?? String(error);
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${explain(error.cause)}`;
}

/** @returns {Promise<number>} the exit code */
async function main() {
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(overview());
    return 0;
  }
  const command = COMMANDS[name];
  if (command === undefined) throw new UsageError(`There is no command "${name}".\n\n${overview()}`);
  if (command.program === undefined && (args.includes('--help') || args.includes('-h'))) {
    process.stdout.write(commandHelp(name));
    return 0;
  }
  const { options, rest } = readArguments(name, args);
  const progress = createProgress(process.stderr);
  await install(root, progress);
  const node = pinnedNode(root);
  const env = withPinnedNode(root, process.env);
  if (process.versions.node !== node.version) return become(node.path, [self, name, ...args], { cwd: process.cwd(), env });
  Object.assign(process.env, env);
  process.setSourceMapsEnabled(true);
  if (command.program !== undefined) return runProgram(rest);
  if (command.build === 'fresh' || !isBuilt(root, command.module)) await build(root, progress);
  if (command.module === undefined) return 0;
  const { run } = await import(pathToFileURL(path.join(root, 'dist', command.module)).href);
  const work = () => run({ root, options, rest, progress });
  return command.exclusive ? oneAtATime(work, progress) : work();
}

/** @template T @param {() => Promise<T>} work */
function oneAtATime(work, progress) {
  let told = '';
  const waiting = (owner) => {
    if (owner !== told) progress.note(`Process ${owner} is at work on the state of this checkout: waiting until it is done.`);
    told = owner;
  };
  return withLock(path.join(root, '.archon/state.lock'), waiting, work);
}

/** Runs a program of node_modules/.bin under the pinned Node. */
async function runProgram([program, ...programArgs]) {
  if (program === undefined || program.includes('/')) throw new UsageError(`Which program of node_modules/.bin?\n\n${commandHelp('run')}`);
  return become(path.join(root, 'node_modules/.bin', program), programArgs, { cwd: process.cwd(), env: process.env });
}
