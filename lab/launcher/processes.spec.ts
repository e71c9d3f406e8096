import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Processes } from './processes.js';
import { Fatal, until } from './until.js';

let state: string;
let processes: Processes;

beforeEach(() => {
  state = mkdtempSync(path.join(tmpdir(), 'processes-'));
  processes = new Processes(state, 'process');
});

afterEach(async () => {
  await Promise.all(processes.names().map((name) => processes.end(name, 'SIGKILL')));
  rmSync(state, { recursive: true });
});

const sleeper = (seconds = '60', inputs: string[] = []) => ({ name: 'sleeper', file: 'sleep', args: [seconds], inputs });
const entry = () => JSON.parse(readFileSync(path.join(state, 'processes/sleeper.json'), 'utf8')) as { pid: number; startTime: string };

describe('Processes', () => {
  it('adopts what runs with the same command line and inputs, also in another launcher', async () => {
    expect(await processes.ensure(sleeper())).toBe(true);
    const { pid } = entry();
    expect(await new Processes(state, 'daemon').ensure(sleeper())).toBe(false);
    expect(entry().pid).toBe(pid);
  });

  it('replaces what runs with other arguments or inputs', async () => {
    await processes.ensure(sleeper());
    const first = entry().pid;
    expect(await processes.ensure(sleeper('61'))).toBe(true);
    const second = entry().pid;
    expect(await processes.ensure(sleeper('61', ['changed']))).toBe(true);
    expect(new Set([first, second, entry().pid]).size).toBe(3);
    await until('the first to be reaped', 5000, () => !existsSync(`/proc/${first}`) || undefined); // a zombie until this process hears of its end
  });

  it('never signals a process that only has the same id', async () => {
    await processes.ensure(sleeper());
    const real = entry();
    writeFileSync(path.join(state, 'processes/sleeper.json'), JSON.stringify({ ...real, startTime: '1' }));
    expect(processes.signal('sleeper', 'SIGKILL')).toBe(false);
    await processes.end('sleeper', 'SIGKILL');
    expect(existsSync(`/proc/${real.pid}`)).toBe(true);
    process.kill(real.pid, 'SIGKILL');
  });

  it('ends a paused process', async () => {
    await processes.ensure(sleeper());
    processes.signal('sleeper', 'SIGSTOP');
    await processes.end('sleeper', 'SIGTERM');
    expect(processes.names()).toEqual([]);
  });

  it('says what a program wrote before it ended, and that waiting is in vain', async () => {
    await processes.ensure({ name: 'failing', file: 'sh', args: ['-c', 'echo port taken; exit 1'] });
    await until('end', 5000, () => !processes.isRunning('failing') || undefined);
    expect(() => processes.expectRunning('failing')).toThrow(Fatal);
    expect(() => processes.expectRunning('failing')).toThrow(/port taken/);
  });
});
