import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Agent, request } from 'undici';
import { Fatal } from './until.js';

export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  [field: string]: unknown;
}

/** As much of a Kubernetes client as the launcher needs to see that a cluster is ready and to furnish it. Acts as the cluster's admin. */
export class ApiClient {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    certificates: string,
  ) {
    const pem = (name: string) => readFileSync(path.join(certificates, name));
    this.agent = new Agent({
      connect: { ca: pem('ca.crt'), cert: pem('admin.crt'), key: pem('admin.key') },
      headersTimeout: 5000,
      bodyTimeout: 5000,
    });
  }

  /** Undefined unless the answer is 200: absent, or not yet served. */
  async find<T>(route: string): Promise<T | undefined> {
    const { statusCode, body } = await request(this.url + route, { dispatcher: this.agent });
    const text = await body.text();
    return statusCode === 200 ? (JSON.parse(text) as T) : undefined;
  }

  /** Whether the API server says that it is ready. */
  async isReady(): Promise<boolean> {
    const { statusCode, body } = await request(`${this.url}/readyz`, { dispatcher: this.agent });
    await body.dump();
    return statusCode === 200;
  }

  /** Server-side apply. `collection` is the URL path of the kind, such as /api/v1/nodes. Throws with the server's answer when it refuses. */
  async apply(collection: string, object: ApiObject): Promise<void> {
    const { statusCode, body } = await request(`${this.url}${collection}/${object.metadata.name}?fieldManager=archon-lab&force=true`, {
      method: 'PATCH',
      dispatcher: this.agent,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(object),
    });
    const answer = await body.text();
    if (statusCode >= 500 || statusCode === 429) throw new Error(`${object.kind} ${object.metadata.name}: ${statusCode} ${answer}`);
    if (statusCode >= 400) throw new Fatal(`${object.kind} ${object.metadata.name}: ${statusCode} ${answer}`);
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
