import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl } from './kubectl.js';

// A shell script in the place of kubectl: what is tested here is how a program is run, not what kubectl does.
const PROGRAM = `#!/bin/sh
for last; do :; done
case "$last" in
  show) printf '%s|' "$@"; cat; echo "$TROUBLE" >&2; exit 3;;
  hang) echo started; exec sleep 600;;
  terminal) test -t 0 && test -t 1 && echo "a terminal, it's true"; read line; echo "got $line"; exit 4;;
esac
`;

describe('Kubectl', () => {
  let folder: string;
  let kubectl: Kubectl;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kubectl-'));
    const program = path.join(folder, 'kubectl');
    await writeFile(program, PROGRAM);
    await chmod(program, 0o755);
    kubectl = new Kubectl({ program, kubeconfig: '/tmp/some config', environment: { TROUBLE: 'trouble' } });
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('gives the arguments and stdin on, and returns code, stdout and stderr', async () => {
    const { code, stdout, stderr } = await kubectl.run(['apply', '-f', '-', 'show'], { stdin: 'kind: Pod' });
    expect([code, stderr]).toEqual([3, 'trouble\n']);
    expect(stdout).toBe('--kubeconfig|/tmp/some config|--cache-dir|/tmp/some config.cache|apply|-f|-|show|kind: Pod');
  });

  it('kills what does not end in time and says what it printed', async () => {
    await expect(kubectl.run(['get', 'hang'], { timeoutMs: 300 })).rejects.toThrow(
      /kubectl get hang did not end in 300 ms; it printed: started/,
    );
  });

  it('runs until it is killed', async () => {
    const running = kubectl.start(['port-forward', 'hang']);
    await running.prints(/started/);
    await running.kill();
    await expect(running.exits()).rejects.toThrow('SIGTERM');
  });

  it('has a terminal when it is asked for', async () => {
    const running = kubectl.startOnTerminal(['exec', '-it', "it's", 'terminal']);
    await running.prints(/a terminal, it's true/);
    running.write('hello\n');
    await running.prints(/got hello/);
    expect(await running.exits()).toBe(4);
  });

  it('stops waiting for text when the program has ended', async () => {
    await expect(kubectl.start(['show', '-', 'quit']).prints(/never/)).rejects.toThrow(/ended without \/never\/ from kubectl show - quit/);
  });

  it('says which program is missing', async () => {
    const missing = new Kubectl({ program: '/nowhere/kubectl', kubeconfig: '/tmp/none' });
    await expect(missing.run(['version'])).rejects.toThrow('/nowhere/kubectl is missing');
  });
});
