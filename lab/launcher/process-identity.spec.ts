import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isSameProcess, readProcessStat } from './process-identity.js';

const stat = (name: string, state: string, startTime: string) =>
  `4711 (${name}) ${state} 1 4711 4711 0 -1 4194304 ${'0 '.repeat(12)}${startTime} 1 2 3`;

describe('isSameProcess', () => {
  const identity = { pid: 4711, startTime: '98765' };

  it.each([
    ['the process itself', stat('etcd', 'S', '98765'), true],
    ['the process itself, stopped', stat('etcd', 'T', '98765'), true],
    ['a name that looks like fields', stat('a) Z 1 (b', 'R', '98765'), true],
    ['a successor with the same id', stat('etcd', 'S', '98766'), false],
    ['a zombie', stat('etcd', 'Z', '98765'), false],
    ['nothing', undefined, false],
  ])('judges %s', (_case, found, expected) => {
    expect(isSameProcess(identity, found)).toBe(expected);
  });

  it('recognises a real process, and sees it gone after its end', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const file = `/proc/${child.pid}/stat`;
    const found = { pid: child.pid ?? 0, startTime: readProcessStat(readFileSync(file, 'utf8')).startTime };
    expect(isSameProcess(found, readFileSync(file, 'utf8'))).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(() => readFileSync(file)).toThrow(/ENOENT/);
  });
});
