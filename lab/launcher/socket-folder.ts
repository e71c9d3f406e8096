import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { environment } from '#config';
import { fitsSocket } from './control-plane-programs.js';

/** The folder of a cluster's etcd socket: its state folder, or a short private one where the path would be too long for a socket. */
export function ensureSocketFolder(state: string, clusterFolder: string): string {
  const near = path.join(clusterFolder, 'sockets');
  const chosen = fitsSocket(near) ? near : path.join(shortFolder(state), path.basename(clusterFolder));
  mkdirSync(chosen, { recursive: true, mode: 0o700 });
  if (chosen !== near && lstatSync(shortFolder(state)).uid !== process.getuid?.())
    throw new Error(`${shortFolder(state)} belongs to somebody else`);
  return chosen;
}

/** Removes the short folder, if there is one. */
export function removeSocketFolders(state: string): void {
  rmSync(shortFolder(state), { recursive: true, force: true });
}

function shortFolder(state: string): string {
  return path.join(environment().XDG_RUNTIME_DIR ?? '/tmp', `archon-lab-${createHash('sha256').update(state).digest('hex').slice(0, 12)}`);
}
