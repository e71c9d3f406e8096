import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { ControlPlane } from '#lab';
import { register } from '../scripts/local/registration.js';
import type { BenchArchon } from './bench-archon.js';
import { clientCertificate } from './targets.js';

export const NAMESPACE = 'default';
const AT_ONCE = 32;

/** A real API server, asked as its administrator over kept connections. */
export class BenchCluster {
  private readonly agent: Agent;

  constructor(readonly plane: ControlPlane) {
    const connect = { ...clientCertificate(plane), ca: readFileSync(plane.caFile, 'utf8') };
    this.agent = new Agent({ allowH2: false, connect, connections: AT_ONCE });
  }

  get name(): string {
    return this.plane.name;
  }

  async call<T>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<T> {
    const answer = await request(this.plane.url + path, {
      dispatcher: this.agent,
      method,
      headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} of ${this.name}: ${answer.statusCode} ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }

  async createPods(count: number, onProgress: (created: number) => void): Promise<void> {
    let begun = 0;
    const create = async () => {
      while (begun < count) {
        const number = begun++;
        if (number % 1000 === 0) onProgress(number);
        await this.call('POST', `/api/v1/namespaces/${NAMESPACE}/pods`, podOf(number));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, create));
  }

  async register({ client }: BenchArchon): Promise<void> {
    await register(client, { name: this.name, displayName: this.name, kubeconfig: readFileSync(this.plane.kubeconfig, 'utf8') });
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}

/** As large as many are; nothing is to schedule or to run it. */
function podOf(number: number): object {
  const name = `cart-${number % 40}-${number.toString(36).padStart(5, '0')}`;
  const container = {
    name: 'web',
    image: `registry.example.org/shop/cart:1.${number % 50}`,
    env: Array.from({ length: 6 }, (_, index) => ({ name: `SETTING_${index}`, value: `value of ${index}` })),
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    ports: [{ containerPort: 8080 }],
  };
  const labels = { app: `cart-${number % 40}`, tier: number % 6 === 0 ? 'web' : 'db' };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { schedulerName: 'none', containers: [container] } };
}
