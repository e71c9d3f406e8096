import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { withLock } from './lock.mjs';
import { withPinnedNode } from './node.mjs';
import { runStepProgram } from './step-program.mjs';

// npm leaves out optional packages whose `engines` exclude the Node that runs it, native bindings among them.
const OLDEST_NODE_FOR_ALL_PACKAGES = 22;
const INSTALL_FLAGS = ['--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Installs the dependencies of the lock file, unless they are there already. From an old Node this takes two calls: the first
 * installs what that Node may see, the second, on the Node that came with it, the rest.
 */
export async function install(root, progress) {
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const isOld = Number.parseInt(process.versions.node, 10) < OLDEST_NODE_FOR_ALL_PACKAGES;
  const done = (stamp) => stamp === wanted || (isOld && stamp === `${wanted} partial`);
  const stampFile = path.join(root, 'node_modules/.archon-lock');
  if (done(readStamp(stampFile))) return;
  await progress.step('dependencies', (waitingFor) =>
    withLock(
      path.join(root, '.archon/install.lock'),
      (owner) => waitingFor(`the installation of process ${owner}`),
      async () => {
        const stamp = readStamp(stampFile);
        if (done(stamp)) return;
        waitingFor('npm');
        if (stamp === `${wanted} partial`) {
          await npm(['install', '--no-save', ...INSTALL_FLAGS], root, withPinnedNode(root, process.env));
        } else {
          rmSync(stampFile, { force: true });
          await npm(['ci', ...INSTALL_FLAGS], root, process.env);
        }
        writeFileSync(stampFile, isOld ? `${wanted} partial` : wanted);
      },
    ),
  );
}

function npm(args, root, env) {
  return runStepProgram('npm', args, { cwd: root, env, install: 'apt-get install npm' });
}

function readStamp(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // nothing is installed yet
  }
}
