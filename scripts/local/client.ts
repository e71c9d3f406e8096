import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

interface Answer {
  status: number;
  body: unknown;
}

/** A caller of one Archon, which trusts that Archon's own authority. */
export class Client {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    caFile: string | null,
    private readonly token?: string,
  ) {
    this.agent = new Agent({ allowH2: false, connect: caFile === null || caFile === '' ? {} : { ca: readFileSync(caFile, 'utf8') } });
  }

  /** Whether `/readyz` answers 200; false also while nothing listens. */
  async isReady(): Promise<boolean> {
    try {
      const { statusCode, body } = await request(`${this.url}/readyz`, { dispatcher: this.agent });
      await body.dump();
      return statusCode === 200;
    } catch {
      return false; // not listening yet
    }
  }

  /** One call with a JSON body. Answers of 400 and more throw with the message of their Status, unless listed in `accepted`. */
  async call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, accepted: number[] = []): Promise<Answer> {
    const response = await request(this.url + path, {
      dispatcher: this.agent,
      method,
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    const answer: Answer = { status: response.statusCode, body: text === '' ? undefined : JSON.parse(text) };
    if (answer.status >= 400 && !accepted.includes(answer.status)) {
      const { message } = (answer.body ?? {}) as { message?: string };
      throw new Error(`${method} ${path}: ${message ?? `HTTP ${answer.status}`}`);
    }
    return answer;
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}
