import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CHECKS, VITEST_PROJECTS } from './checks/parts.js';

const run = promisify(execFile);
const entry = path.join(import.meta.dirname, 'archon.mjs');

async function archon(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await run(process.execPath, [entry, ...args])) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('the command line', () => {
  it('lists the commands', async () => {
    const { code, stdout } = await archon('help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}up {10}Start real clusters/m);
  });

  it('offers every part of the tests', async () => {
    const { stdout } = await archon('test', '--help');
    for (const part of [...CHECKS.map(({ name }) => name), ...VITEST_PROJECTS]) expect(stdout).toMatch(new RegExp(`\\b${part}\\b`));
  });

  it('explains the options of a command', async () => {
    const { code, stdout } = await archon('up', '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/--clusters SET {6}.*\(default: full\)/);
  });

  it.each([
    [['fly'], 'There is no command "fly".'],
    [['up', '--prot', '1'], 'Unknown option --prot.'],
    [['up', '--port'], '--port needs a value: N.'],
    [['up', '--port', '70000'], '--port must be a whole number from 0 to 65535, not "70000".'],
    [['up', '--clusters=some'], '--clusters must be one of full, control-planes, none, not "some".'],
    [['down', '--purge=yes'], '--purge takes no value.'],
    [['down', 'now'], 'Unexpected argument "now".'],
    [['check', 'lnit'], '"lnit" is none of lint, '],
    [['test', '--only', 'unit,e3e'], '--only: "e3e" is none of lint, '],
  ])('%j ends with 2 before anything is installed', async (args, message) => {
    const { code, stdout, stderr } = await archon(...args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('the lock between commands', () => {
  const lock = path.join(import.meta.dirname, 'bootstrap/lock.mjs');
  // Appends "in", stays a moment, appends "out": two inside at once would show as two "in" in a row.
  const script = (folder: string) => `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { withLock } from ${JSON.stringify(lock)};
    await withLock(${JSON.stringify(path.join(folder, 'lock'))}, () => undefined, async () => {
      appendFileSync(${JSON.stringify(path.join(folder, 'log'))}, 'in\\n');
      await sleep(30);
      appendFileSync(${JSON.stringify(path.join(folder, 'log'))}, 'out\\n');
    });`;

  it('lets one in at a time, past the lock of a process that died, and leaves nothing', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'archon-lock-'));
    try {
      writeFileSync(path.join(folder, 'lock'), `${process.pid} 1\n`); // our own id with another start time: a process of long ago
      await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '--eval', script(folder)])));
      expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe('in\nout\n'.repeat(4));
      expect(readdirSync(folder)).toEqual(['log']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
