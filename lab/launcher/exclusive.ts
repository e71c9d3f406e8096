import { createHash } from 'node:crypto';
import { createConnection, createServer, type Server } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock between processes that the kernel frees when its holder dies. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a folder and a purpose, waiting for whoever holds it. The lock is an abstract Unix socket: it leaves no file, so that
 * no stale one exists. `waitingFor` hears who holds it.
 */
export async function takeLock(folder: string, purpose: string, waitingFor: (what: string) => void): Promise<Lock> {
  const hash = createHash('sha256')
    .update(`${path.resolve(folder)}\0${purpose}`)
    .digest('hex')
    .slice(0, 24);
  const address = `\0archon-lab-${hash}`;
  for (;;) {
    const server = await listen(address);
    if (server) return { release: () => new Promise((resolve) => void server.close(() => resolve())) };
    waitingFor(`${purpose}, held by process ${(await holder(address)) ?? 'that just ends'}`);
    await sleep(200);
  }
}

/** Runs `work` while holding the lock. */
export async function exclusively<T>(
  folder: string,
  purpose: string,
  waitingFor: (what: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await takeLock(folder, purpose, waitingFor);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy()); // who asked is gone
      socket.end(String(process.pid));
    });
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(address, () => resolve(server.unref()));
  });
}

/** The process id of the lock's holder; undefined when it has just let go. */
function holder(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let pid = '';
    const socket = createConnection(address);
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (chunk) => (pid += chunk.toString()));
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(pid || undefined));
  });
}
