import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { exclusively, takeLock } from './exclusive.js';

const folder = `/tmp/lock-${process.pid}`;

describe('exclusively', () => {
  it('lets one in at a time, also when many wait', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    };
    await Promise.all(Array.from({ length: 4 }, () => exclusively(folder, 'work', () => undefined, work)));
    expect(most).toBe(1);
  });

  it('lets go when the work fails', async () => {
    await expect(
      exclusively(
        folder,
        'failing',
        () => undefined,
        () => Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no');
    await (await takeLock(folder, 'failing', () => expect.unreachable())).release();
  });

  it('waits for another process, names it, and goes on when that process is killed', async () => {
    const address = `\\0archon-lab-${createHash('sha256').update(`${folder}\0other`).digest('hex').slice(0, 24)}`;
    const script = `require('net').createServer((s) => s.end(String(process.pid))).listen('${address}', () => console.log('held'))`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const heard: string[] = [];
    const lock = await takeLock(folder, 'other', (what) => {
      heard.push(what);
      holder.kill('SIGKILL');
    });
    await lock.release();
    expect(heard[0]).toBe(`other, held by process ${holder.pid}`);
    expect(execFileSync('cat', ['/proc/net/unix'], { encoding: 'utf8' })).not.toContain(address.slice(2));
  });
});
