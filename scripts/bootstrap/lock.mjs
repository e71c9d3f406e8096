import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/**
 * Runs `work` while no other process holds the lock `file`. The lock of a process that died is taken over.
 * @template T
 * @param {string} file
 * @param {(owner: string) => void} waiting called with the owner's pid while somebody else holds the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, waiting, work) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${startTime(process.pid)}\n`);
  try {
    while (!take(mine, file)) {
      const owner = read(file);
      if (owner === undefined) continue;
      if (isAlive(owner)) {
        waiting(owner.split(' ')[0] ?? '');
        await sleep(POLL_MS);
      } else {
        discard(file, owner);
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

// A hard link appears whole or not at all, so nobody ever reads an empty lock.
function take(mine, file) {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

// Two processes may find the same dead owner: only what was read is thrown away, a lock taken meanwhile is put back.
function discard(file, owner) {
  const aside = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) === owner) rmSync(aside);
  else renameSync(aside, file);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(owner) {
  const [pid, started] = owner.trim().split(' ');
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  return startTime(pid) === (started ?? '');
}

/** Tells a reused pid from the process that was meant; empty where there is no /proc. */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return ''; // no /proc (macOS), or the process has just ended
  }
}
