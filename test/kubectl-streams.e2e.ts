import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Archon } from './support/archon.js';
import { createNamespace } from './support/cluster-objects.js';
import type { Kubectl } from './support/kubectl.js';

let archon: Archon;
let kubectl: Kubectl;
let ns: string;
const within = (...args: string[]) => ['--namespace', ns, ...args];
const podPath = () => `/kubernetes/c1/api/v1/namespaces/${ns}/pods`;
/** Makes the server of the Pod write a line to its log. */
const log = async (line: string) => {
  const answer = await archon.client.get(`${podPath()}/web:8080/proxy/log?line=${line}`);
  expect([answer.status, answer.text]).toEqual([200, 'logged\n']);
};

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
  ns = await createNamespace(archon.client, ['c1'], 'streams');
  kubectl = await archon.kubectl('c1');
  expect(inject('environment').clusters.c1.nodeUnavailable).toBeUndefined();
  const echo = { name: 'echo', image: 'archon.local/busybox:1', command: ['cat'], stdin: true };
  await archon.client.post(podPath(), { metadata: { name: 'echo' }, spec: { terminationGracePeriodSeconds: 0, containers: [echo] } });
  await kubectl.output(within('run', 'web', '--image=archon.local/web:v1', '--port=8080'));
  await kubectl.output(within('wait', '--for=condition=Ready', 'pod/web', 'pod/echo', '--timeout=30s'));
});
afterAll(() => archon?.dispose());

describe('kubectl logs', () => {
  it('prints what was written, and its last line', async () => {
    await log('early');
    expect(await kubectl.output(within('logs', 'web'))).toBe('listening on port 8080\nearly\n');
    expect(await kubectl.output(within('logs', 'web', '--tail=1'))).toBe('early\n');
  });

  it('-f prints lines as they are written', async () => {
    const follow = kubectl.start(within('logs', '-f', 'web'));
    try {
      await follow.prints(/^listening on port 8080\n/);
      for (const line of ['later-1', 'later-2']) {
        await log(line);
        await follow.prints(new RegExp(`\\n${line}\\n$`));
      }
    } finally {
      await follow.kill();
    }
  });
});

describe.each([
  [
    'WebSocket',
    {},
    'Upgrade: websocket',
    'Sec-Websocket-Protocol: v5.channel.k8s.io',
    'Sec-Websocket-Protocol: SPDY/3.1+portforward.k8s.io',
  ],
  [
    'SPDY',
    { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
    'Upgrade: SPDY/3.1',
    'X-Stream-Protocol-Version: v4.channel.k8s.io',
    'X-Stream-Protocol-Version: portforward.k8s.io',
  ],
] as const)('by %s', (_protocol, environment, upgraded, channels, forwarding) => {
  let speaker: Kubectl;
  beforeAll(() => {
    speaker = kubectl.with(environment);
  });

  /** kubectl with -v=8 prints the answer that changed the protocol, and all answers before it. */
  function expectProtocol(stderr: string, subprotocol: string): void {
    const answer = /status="101 Switching Protocols" headers=<\n([^>]*)>/
      .exec(stderr)?.[1]
      ?.split('\n')
      .map((line) => line.trim());
    expect(answer, stderr).toEqual(expect.arrayContaining([upgraded, subprotocol]));
    expect(stderr.match(/101 Switching Protocols/g)).toHaveLength(1);
  }

  it('exec passes stdin, stdout, stderr and the exit code', async () => {
    const stdin = randomBytes(300_000).toString('base64');
    const { code, stdout, stderr } = await speaker.run(
      within('-v=8', 'exec', '-i', 'web', '--', 'sh', '-c', 'cat; echo oops >&2; exit 7'),
      { stdin },
    );
    expect(code).toBe(7);
    expect(stdout === stdin, `${stdout.length} of ${stdin.length} characters came back`).toBe(true);
    expect(stderr).toMatch(/^oops$/m);
    expect(stderr).toMatch(/^command terminated with exit code 7$/m);
    expectProtocol(stderr, channels);
  });

  it('exec -it is a terminal: a prompt, the size of the window, Ctrl-C', async () => {
    const shell = speaker.startOnTerminal(within('exec', '-it', 'web', '--', 'sh'), { rows: 33, columns: 111 });
    try {
      await shell.prints(/\/ # /);
      shell.write('tty; stty size\n');
      await shell.prints(/\/dev\/pts\/\d+\r\n33 111\r\n/);
      shell.write('echo go$((1+1)); sleep 300\n');
      await shell.prints(/^go2\r\n/m);
      shell.write('\x03');
      await shell.prints(/\^C/);
      shell.write('exit 3\n');
      expect(await shell.exits()).toBe(3);
    } finally {
      await shell.kill();
    }
  });

  it('attach reaches the process that runs already', async () => {
    const attached = speaker.start(within('attach', '-i', 'echo', '--quiet'));
    try {
      const word = randomBytes(8).toString('hex');
      attached.write(`${word}\n`);
      await attached.prints(new RegExp(`^${word}$`, 'm'));
    } finally {
      await attached.kill();
    }
  });

  it('cp brings bytes there and back unchanged', async () => {
    const folder = await mkdtemp(path.join(archon.state, 'cp-'));
    const bytes = randomBytes(2 * 1024 * 1024 + 13);
    await writeFile(path.join(folder, 'out'), bytes);
    await speaker.output(within('cp', path.join(folder, 'out'), 'web:/tmp-copied'));
    await speaker.output(within('cp', 'web:/tmp-copied', path.join(folder, 'back'), '--retries=3'));
    expect((await readFile(path.join(folder, 'back'))).equals(bytes)).toBe(true);
  });

  it('port-forward carries HTTP, several connections at once', async () => {
    const forward = speaker.start(within('-v=8', 'port-forward', 'pod/web', ':8080'));
    try {
      const [, port] = await forward.prints(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/);
      const pages = await Promise.all(
        Array.from({ length: 5 }, async () => (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).json()),
      );
      expect(pages).toEqual(Array(5).fill({ version: 'v1', hostname: 'web' }));
      expectProtocol(forward.stderr, forwarding);
    } finally {
      await forward.kill();
    }
  });
});

describe('containers that kubectl starts', () => {
  it('debug puts a container into the Pod that sees the processes of its target', async () => {
    const target = ['web', '--image=archon.local/busybox:1', '--target=web', '--container=debugger'];
    const shell = kubectl.start(within('debug', '-i', '--quiet', ...target, '--', 'sh'));
    try {
      shell.write('ps -o pid,args; hostname\n');
      await shell.prints(/^ +1 \/bin\/web\n[^]*^web\n/m);
      shell.write('exit\n', { end: true });
      expect(await shell.exits()).toBe(0);
    } finally {
      await shell.kill();
    }
    const pod = await archon.client.get<{ spec: { ephemeralContainers: { name: string; targetContainerName: string }[] } }>(
      `${podPath()}/web`,
    );
    expect(pod.body.spec.ephemeralContainers).toMatchObject([{ name: 'debugger', targetContainerName: 'web' }]);
  });

  it('run --rm -i gives the output and the exit code of a Pod, and removes it', async () => {
    const args = within(
      'run',
      'once',
      '--rm',
      '-i',
      '--quiet',
      '--restart=Never',
      '--image=archon.local/busybox:1',
      '--command',
      '--',
      'sh',
      '-c',
    );
    const { code, stdout } = await kubectl.run([...args, 'cat; exit 5'], { stdin: 'through the Pod\n' });
    expect([code, stdout]).toEqual([5, 'through the Pod\n']);
    expect((await archon.client.get(`${podPath()}/once`)).status).toBe(404);
  });
});
