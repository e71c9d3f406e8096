import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { withLock } from './lock.mjs';
import { runStepProgram } from './step-program.mjs';

const SOURCES = ['apps', 'libs', 'migrations', 'lab/launcher', 'scripts', 'bench'];
const SETTINGS = ['package-lock.json', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Whether an earlier build left this module, fresh or not. */
export function isBuilt(root, module) {
  return existsSync(path.join(root, 'dist', module)) && readStamp(root) !== undefined;
}

/** Compiles everything into dist, unless dist is already made of these very sources. */
export async function build(root, progress) {
  if (readStamp(root) === hashSources(root)) return;
  await progress.step('build', (waitingFor) =>
    withLock(
      path.join(root, '.archon/build.lock'),
      (owner) => waitingFor(`the build of process ${owner}`),
      async () => {
        const wanted = hashSources(root);
        if (readStamp(root) === wanted) return;
        waitingFor('nest build');
        await runStepProgram('nest', ['build', 'archon'], { cwd: root, env: process.env, install: 'npm ci' });
        // The build empties dist first, so a stamp always belongs to a build that went through.
        writeFileSync(stampFile(root), wanted);
      },
    ),
  );
}

const stampFile = (root) => path.join(root, 'dist/.stamp');

function readStamp(root) {
  try {
    return readFileSync(stampFile(root), 'utf8');
  } catch {
    return undefined; // never built
  }
}

function hashSources(root) {
  const hash = createHash('sha256');
  const files = [...SETTINGS, ...SOURCES.flatMap((folder) => listFiles(root, folder))];
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

function listFiles(root, folder) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(root, file);
      return file.endsWith('.ts') && !file.endsWith('.spec.ts') ? [file] : [];
    });
}
