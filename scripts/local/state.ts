import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where `up` keeps what: everything is below `.archon` of the checkout, for its owner alone. */
export interface StateFolders {
  folder: string;
  /** Stable interface for scripts: {@link Connection}. */
  connection: string;
  kubeconfig: string;
  lab: string;
  archon: string;
  logs: string;
}

/** What connection.json holds. All files are absolute paths. */
export interface Connection {
  url: string;
  caFile: string;
  token: string;
  /** One context per cluster, each through Archon's proxy with the administrator's token. */
  kubeconfig: string;
  /** The clusters' own kubeconfigs, past Archon. */
  clusters: { name: string; kubeconfig: string }[];
}

export function stateFolders(root: string): StateFolders {
  const folder = path.join(root, '.archon');
  const below = (name: string) => path.join(folder, name);
  return {
    folder,
    connection: below('connection.json'),
    kubeconfig: below('kubeconfig'),
    lab: below('lab'),
    archon: below('archon'),
    logs: below('logs'),
  };
}

/** Writes a file that only the owner reads; a reader sees the old text or the new one, never half of it. */
export function writePrivateFile(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text, { mode: 0o600 });
  renameSync(aside, file);
}
