import { afterAll, beforeAll, expect, it } from 'vitest';
import { Archon } from '../support/archon.js';
import { createNamespace } from '../support/cluster-objects.js';

const COUNT = process.env.ARCHON_TEST_VOLUME === 'nightly' ? 500 : 60;
const CREATE_P95_MS = 500;

let archon: Archon;
let ns: string;
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c2'] });
  ns = await createNamespace(archon.client, ['c2'], 'speed');
});
afterAll(() => archon?.dispose());

const application = (name: string) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name },
  spec: {
    componentTemplates: [1, 2, 3, 4, 5].map((i) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${name}-${i}` },
      data: { i: String(i) },
    })),
  },
});

it('creates an application of five resources within 500 ms, 19 times of 20', async () => {
  const times: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const begin = performance.now();
    const { status, text } = await archon.client.post(`/acp/v1/kubernetes/c2/namespaces/${ns}/applications`, application(`a${i}`));
    times.push(performance.now() - begin);
    expect(status, text).toBe(200);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * COUNT)] ?? 0);
  process.stdout.write(
    `  create of 5 resources, ${COUNT} times: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, slowest ${at((COUNT - 1) / COUNT)} ms\n`,
  );
  expect(at(0.95)).toBeLessThanOrEqual(CREATE_P95_MS);
});
