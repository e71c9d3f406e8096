import { afterAll, beforeAll, inject, it } from 'vitest';
import { Archon } from './support/archon.js';
import { createNamespace } from './support/cluster-objects.js';
import { Kubectl } from './support/kubectl.js';
let archon: Archon; let ns: string; let k: Kubectl;
beforeAll(async () => { archon = await Archon.start({ clusters: ['c1'] }); ns = await createNamespace(archon.client, ['c1'], 'kubectl'); k = await archon.kubectl('c1'); });
afterAll(() => archon?.dispose());
it('x', { timeout: 400_000 }, async () => {
  await k.output(['-n', ns, 'run','web','--image=archon.local/web:v1','--port=8080']);
  await k.output(['-n', ns, 'wait','--for=condition=Ready','pod/web']);
  const direct = new Kubectl({ program: inject('environment').kubectl, kubeconfig: inject('environment').clusters.c1.kubeconfig });
  for (const [name, kk] of [['direct', direct], ['archon', k], ['archon-spdy', k.with({KUBECTL_REMOTE_COMMAND_WEBSOCKETS:'false'})], ['direct-spdy', direct.with({KUBECTL_REMOTE_COMMAND_WEBSOCKETS:'false'})]] as const) {
    let empty = 0, part = 0; const t = performance.now();
    for (let i = 0; i < 10; i++) {
      const out = await kk.output(['-n', ns, 'debug', '-i', '--quiet', 'web', '--image=archon.local/busybox:1', '--target=web', `--container=${name}-${i}`, '--', 'sh'], { stdin: 'ps -o pid,args; hostname\n' });
      if (out === '') empty++; else if (!/^web$/m.test(out)) { part++; console.log(out); }
    }
    let bad = 0;
    for (let i = 0; i < 40; i++) {
      const out = await kk.output(['-n', ns, 'exec', 'web', '--', 'seq', '1', '20000']);
      if (out.length !== 108894) bad++;
    }
    console.log(name, { empty, part, bad }, Math.round(performance.now() - t));
  }
});
