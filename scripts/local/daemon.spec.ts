import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findDaemon, startDaemon, stopDaemon } from './daemon.js';

let folder: string;
let pidFile: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'archon-daemon-'));
  pidFile = path.join(folder, 'pid');
});
afterEach(async () => {
  await stopDaemon(pidFile, 0);
  rmSync(folder, { recursive: true });
});

async function start(script: string) {
  const logFile = path.join(folder, 'log');
  startDaemon({ file: 'sh', args: ['-c', script], env: { PATH: process.env.PATH }, pidFile, logFile, fingerprint: 'abc' });
  return await vi.waitFor(() => {
    const daemon = findDaemon(pidFile);
    // The shell that writes the pid file has become the program once the program has spoken.
    if (daemon === undefined || readFileSync(logFile, 'utf8') === '') throw new Error('not started yet');
    return daemon;
  });
}

it('finds a running process again by its file, and stops it', async () => {
  const daemon = await start('echo up; exec sleep 600');
  expect(daemon).toEqual({ pid: expect.any(Number), fingerprint: 'abc' });
  expect(readFileSync(`/proc/${daemon.pid}/cmdline`, 'latin1')).toBe('sleep\x00600\x00');
  await expect(stopDaemon(pidFile, 5000)).resolves.toBe(true);
  expect(findDaemon(pidFile)).toBeUndefined();
  await expect(stopDaemon(pidFile, 5000)).resolves.toBe(false);
});

it('kills a process that ignores SIGTERM', async () => {
  await start('trap "" TERM; echo up; while :; do sleep 0.1; done');
  const begun = Date.now();
  await stopDaemon(pidFile, 300);
  expect(findDaemon(pidFile)).toBeUndefined();
  expect(Date.now() - begun).toBeGreaterThanOrEqual(300);
});

it('takes a reused process id for nobody', () => {
  writeFileSync(pidFile, `${process.pid} 1 abc\n`);
  expect(findDaemon(pidFile)).toBeUndefined();
});
