import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { environment } from '#config';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.js';
import { exclusively, type Lock, takeLock } from './exclusive.js';
import type { LabContext } from './lab-context.js';
import { releaseNodeNetwork } from './node-network-claims.js';
import { Ports } from './ports.js';
import { Processes } from './processes.js';
import { type Progress, silent } from './progress.js';
import { ensurePrograms } from './programs.js';
import { removeRealNode } from './real-node.js';
import { removeSocketFolders } from './socket-folder.js';

export interface LabOptions {
  /** Folder of all that the lab keeps: process ids, ports, certificates, etcd's data, logs. */
  state: string;
  /** Whether the clusters end with this process, even when it is killed, or outlive it. */
  lifetime: 'process' | 'daemon';
  progress?: Progress;
  /** Built and downloaded programs, shared by all labs; `$XDG_CACHE_HOME/archon` or `~/.cache/archon` when absent. */
  cacheDir?: string;
}

interface StopOptions {
  /** Removes the state too. */
  purge?: boolean;
  cacheDir?: string;
}

const NAME = /^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/;
const STATE_LOCK = 'use of this state folder';

/** Builds or finds the programs of local clusters. Throws when Go is missing, with the line that installs it. */
export async function openLab(options: LabOptions): Promise<Lab> {
  if (process.platform !== 'linux') throw new Error(`local clusters need Linux, not ${process.platform}`);
  const state = path.resolve(options.state);
  const cache = path.resolve(options.cacheDir ?? defaultCache());
  const progress = options.progress ?? silent;
  await mkdir(state, { recursive: true });
  const programs = await progress.step('programs of the local clusters', (waitingFor) => ensurePrograms(cache, waitingFor));
  return new Lab({ state, cache, programs, processes: new Processes(state, options.lifetime), ports: new Ports(state) }, progress);
}

/** Ends everything that the lab of this state folder started, and nothing else. */
export async function stopLab(state: string, options: StopOptions = {}): Promise<void> {
  const root = path.resolve(state);
  const cache = path.resolve(options.cacheDir ?? defaultCache());
  if (!existsSync(root)) return;
  await exclusively(
    root,
    STATE_LOCK,
    () => undefined,
    () => stopLocked(root, cache, options.purge ?? false),
  );
}

/** Real clusters on this machine. */
export class Lab {
  private readonly controlPlanes = new Map<string, { options: ControlPlaneOptions; opened: Promise<ControlPlane> }>();
  private lock: Promise<Lock> | undefined;
  private users = 0;

  /** Made by `openLab`. */
  constructor(
    private readonly context: LabContext,
    private readonly progress: Progress,
  ) {}

  /** Paths of the built programs. */
  get tools(): { lab: string; kubectl: string } {
    const { lab, kubectl } = this.context.programs;
    return { lab, kubectl };
  }

  /**
   * A cluster by name: starts it, or adopts the running one of the same state folder; resolves when it is usable. Several may be asked for
   * at once. Throws when the name was asked for before with other options.
   */
  async controlPlane(name: string, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    if (!NAME.test(name)) throw new RangeError(`a cluster's name is ${NAME.source}, not ${JSON.stringify(name)}`);
    const known = this.controlPlanes.get(name);
    if (known && !isDeepStrictEqual(known.options, options)) throw new Error(`control plane ${name} was opened with other options`);
    if (known) return known.opened;
    const opened = this.progress.step(`control plane ${name}`, (waitingFor) =>
      this.locked(waitingFor, () => ControlPlane.open(this.context, name, options, waitingFor)),
    );
    this.controlPlanes.set(name, { options: { ...options }, opened });
    // One that failed may be asked for again.
    opened.catch(() => this.controlPlanes.delete(name));
    return opened;
  }

  /** Ends everything that the lab of this state folder started, and nothing else. */
  async stop(options: { purge?: boolean } = {}): Promise<void> {
    const opened = await Promise.allSettled([...this.controlPlanes.values()].map((entry) => entry.opened));
    this.controlPlanes.clear();
    await this.locked(
      () => undefined,
      () => stopLocked(this.context.state, this.context.cache, options.purge ?? false),
    );
    await Promise.all(opened.filter((result) => result.status === 'fulfilled').map((result) => result.value.close()));
  }

  /** Holds the state folder against other processes while any work of this one goes on. */
  private async locked<T>(waitingFor: (what: string) => void, work: () => Promise<T>): Promise<T> {
    this.users++;
    this.lock ??= takeLock(this.context.state, STATE_LOCK, waitingFor);
    try {
      const lock = await this.lock;
      try {
        return await work();
      } finally {
        if (this.users === 1) {
          this.lock = undefined;
          await lock.release();
        }
      }
    } finally {
      this.users--;
    }
  }
}

async function stopLocked(state: string, cache: string, purge: boolean): Promise<void> {
  const processes = new Processes(state, 'daemon');
  const names = processes.names();
  const isEtcd = (name: string) => name.endsWith('-etcd');
  // All but etcd keep nothing that they could lose, and an API server that may say goodbye takes seconds.
  await Promise.all(names.filter((name) => !isEtcd(name)).map((name) => processes.end(name, 'SIGKILL')));
  await Promise.all(names.filter(isEtcd).map((name) => processes.end(name, 'SIGTERM')));
  const clusters = path.join(state, 'clusters');
  for (const cluster of existsSync(clusters) ? await readdir(clusters) : []) {
    await removeRealNode(path.join(clusters, cluster), async () => (await ensurePrograms(cache, () => undefined)).lab);
    if (purge) await releaseNodeNetwork(cache, state, cluster);
  }
  removeSocketFolders(state);
  if (!purge) return;
  for (const name of ['clusters', 'logs', 'processes', 'ports.json']) await rm(path.join(state, name), { recursive: true, force: true });
  if ((await readdir(state)).length === 0) await rm(state, { recursive: true });
}

function defaultCache(): string {
  return path.join(environment().XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'archon');
}
