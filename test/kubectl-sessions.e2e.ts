import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { createNamespace } from './support/cluster-objects.js';

const LIMIT_MS = 10_000;
let archon: Archon;
let ns: string;
let user: string;

beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
  ns = await createNamespace(archon.client, ['c1'], 'sessions');
  user = `${ns}@example.org`;
  const admin = await archon.kubectl('c1');
  const within = ['--namespace', ns];
  await admin.output([...within, 'create', 'rolebinding', 'user', '--clusterrole=admin', `--user=${user}`]);
  await admin.output([...within, 'run', 'web', '--image=archon.local/web:v1', '--port=8080']);
  await admin.output([...within, 'wait', '--for=condition=Ready', 'pod/web', '--timeout=60s'], { timeoutMs: 70_000 });
});
afterAll(() => archon?.dispose());

const idOf = (token: string) => (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti;

describe.each([
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
] as const)('T20 Argo CD CVE-2023-40025 with kubectl by %s', (_protocol, environment) => {
  it('logs -f, exec -it, port-forward and get --watch end within 10 s of the revocation of their token', { timeout: 90_000 }, async () => {
    const token = await archon.tokenOf(user);
    const kubectl = (await archon.kubectl('c1', token)).with(environment);
    const within = (...args: string[]) => ['--namespace', ns, ...args];
    const running = {
      logs: kubectl.start(within('logs', '-f', 'web')),
      exec: kubectl.startOnTerminal(within('exec', '-it', 'web', '--', 'sh')),
      forward: kubectl.start(within('port-forward', 'pod/web', ':8080')),
      watch: kubectl.start(within('get', 'pods', '--watch-only', '-v=6')),
    };
    try {
      await running.logs.prints(/listening/);
      await running.exec.prints(/\/ # /);
      await running.forward.prints(/Forwarding from/);
      await running.watch.prints(/watch=true[^\n]*200 OK|watch=true[^\n]*status="200/);
      expect((await archon.client.delete(`/auth/v1/accesstoken/${idOf(token)}`)).status).toBe(204);
      const begin = performance.now();
      running.exec.write('echo typed-$((40+2))\n');
      const ends = await Promise.all(Object.values(running).map((each) => each.exits(2 * LIMIT_MS).then(() => performance.now() - begin)));
      expect(Math.max(...ends)).toBeLessThan(LIMIT_MS);
      expect(running.exec.stdout).not.toContain('typed-42');
    } finally {
      await Promise.all(Object.values(running).map((each) => each.kill()));
    }
  });
});

describe('kubectl --as', () => {
  it('acts as the other one, with the rights that one has in the cluster', async () => {
    const admin = await archon.kubectl('c1');
    const who = JSON.parse(await admin.output(['--as', user, '--as-group', 'dev', '--as-uid', '7', 'auth', 'whoami', '-o', 'json'])) as {
      status: { userInfo: { username: string; groups: string[]; uid: string } };
    };
    expect(who.status.userInfo).toMatchObject({
      username: user,
      uid: '7',
      groups: expect.arrayContaining(['dev', 'system:authenticated']),
    });
    expect(who.status.userInfo.groups).not.toContain('acp:platform:administrator');
    expect(await admin.output(['--as', user, '--namespace', ns, 'get', 'pods', '-o', 'name'])).toBe('pod/web\n');
    const elsewhere = await admin.run(['--as', user, '--namespace', 'kube-system', 'get', 'pods']);
    expect([elsewhere.code, elsewhere.stderr.includes(user), elsewhere.stderr.includes('orbidden')]).toEqual([1, true, true]);
  });

  it("is refused to whom the cluster's RBAC does not allow it, and for Kubernetes' own names to everybody", async () => {
    const kubectl = await archon.kubectl('c1', await archon.tokenOf(user));
    const refused = await kubectl.run(['--as', 'joe', '--namespace', ns, 'get', 'pods']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Forbidden')]);
    const admin = await archon.kubectl('c1');
    for (const args of [
      ['--as', 'system:admin'],
      ['--as', 'joe', '--as-group', 'system:masters'],
    ]) {
      const { code, stderr } = await admin.run([...args, 'get', 'namespaces']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Forbidden')]);
    }
  });
});
