import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inject } from 'vitest';
import { checkContract } from './contract.js';
import { createDatabase, type TestDatabase } from './databases.js';
import type { TestCluster } from './global-setup.js';
import { ArchonClient } from './http-client.js';
import { Kubectl } from './kubectl.js';
import { eventually } from './wait-for.js';

const MAIN = path.resolve(import.meta.dirname, '../../dist/apps/archon/src/main.js');

interface Options {
  /** Further settings, such as `{ ARCHON_TLS: 'off' }`. */
  settings?: Record<string, string>;
  /** Registers these clusters of the run. */
  clusters?: ('global' | 'c1' | 'c2')[];
}

/** The built Archon as a process of its own, with a database and a state folder of its own. */
export class Archon {
  /** The administrator. Every JSON answer is checked against the OpenAPI document. */
  client: ArchonClient;
  token = '';
  /** Milliseconds from the start of the process until it was ready. */
  startMs = 0;
  /** All that it has logged, over restarts. */
  log = '';
  private child: ChildProcess | undefined;

  private constructor(
    readonly state: string,
    readonly database: TestDatabase,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(options: Options = {}): Promise<Archon> {
    const folder = path.join(inject('environment').state, 'archons');
    await mkdir(folder, { recursive: true });
    const archon = new Archon(await mkdtemp(path.join(folder, 'a-')), await createDatabase(), options.settings ?? {});
    await archon.run();
    for (const name of options.clusters ?? []) await archon.register(inject('environment').clusters[name]);
    return archon;
  }

  /** A second process on the same database and with the same encryption key, as replicas have. */
  async replica(): Promise<Archon> {
    const state = await mkdtemp(path.join(path.dirname(this.state), 'a-'));
    const replica = new Archon(state, this.database, {
      ...this.settings,
      ARCHON_ENCRYPTION_KEY_FILE: path.join(this.state, 'keys', 'encryption.key'),
    });
    await replica.run();
    return replica;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts the process and waits until it is ready: after `kill` or `stop`. */
  async run(): Promise<void> {
    const begin = performance.now();
    const ready = path.join(this.state, 'archon.json');
    await rm(ready, { force: true });
    const env = {
      PATH: process.env.PATH ?? '',
      ARCHON_STATE_DIR: this.state,
      ARCHON_DATABASE_URL: this.database.url,
      ARCHON_PORT: '0',
      ARCHON_LOG_LEVEL: 'info',
      ARCHON_SHUTDOWN_DELAY_SECONDS: '0',
      // What reflectors ask would stand among the requests that a test looks for; the tests of the index turn it on.
      ARCHON_INDEX: 'false',
      ARCHON_CLUSTER_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128,10.0.0.0/8',
      ...this.settings,
    };
    // Should the test's own process be killed, Archon must not live on.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', process.execPath, MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    const written = await eventually(
      async () => {
        if (!this.isRunning && child.stderr.readableEnded) return 'ended';
        return JSON.parse(await readFile(ready, 'utf8')) as { url: string; caFile: string | null; adminTokenFile: string };
      },
      { what: 'Archon to be ready', timeoutMs: 60_000 },
    );
    if (written === 'ended') throw new Error(`Archon has ended: ${this.log.slice(-2000)}`);
    this.startMs = performance.now() - begin;
    this.token = (await readFile(written.adminTokenFile, 'utf8')).trim();
    const caPem = written.caFile === null ? undefined : await readFile(written.caFile, 'utf8');
    this.client = new ArchonClient({
      url: written.url,
      token: this.token,
      onAnswer: checkContract,
      ...(caPem === undefined ? {} : { caPem }),
    });
  }

  /** SIGKILL: no chance to clean up. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM, and waits for the process to end; its exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** The same while clients go on: their connections are not closed from this side before the process has ended. */
  async terminate(): Promise<number | null> {
    const { child } = this;
    if (child === undefined) return null;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    return this.stop();
  }

  /** Ends the process and removes what belongs to it. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    await this.database.drop();
    await rm(this.state, { recursive: true, force: true });
  }

  /** Registers a cluster of the run, under its own name unless another is given. */
  async register(cluster: TestCluster, name = cluster.name): Promise<void> {
    await this.registerKubeconfig(name, await readFile(cluster.kubeconfig, 'utf8'));
  }

  async registerKubeconfig(name: string, kubeconfig: string): Promise<void> {
    const answer = await this.client.post<{ message?: string }>('/acp/v1/clusters', { metadata: { name }, spec: { kubeconfig } });
    if (answer.status !== 201) throw new Error(`registering ${name} failed with ${answer.status}: ${answer.text}`);
  }

  /** A client for another user, who has no rights anywhere yet. */
  async as(user: string): Promise<ArchonClient> {
    return this.client.as(await this.tokenOf(user));
  }

  async tokenOf(user: string): Promise<string> {
    const answer = await this.client.post<{ token: string }>('/auth/v1/accesstoken', { description: `token of ${user}`, user });
    if (answer.status !== 201) throw new Error(`no token for ${user}: ${answer.text}`);
    return answer.body.token;
  }

  /** The real kubectl, through Archon's proxy, with the kubeconfig that Archon gives to the owner of the token. */
  async kubectl(cluster: string, token = this.token): Promise<Kubectl> {
    const answer = await this.client.as(token).get(`/auth/v1/clusters/${cluster}/kubeconfig`);
    if (answer.status !== 200) throw new Error(`no kubeconfig: ${answer.text}`);
    const file = path.join(await mkdtemp(path.join(this.state, 'kubectl-')), 'config');
    await writeFile(file, answer.text, { mode: 0o600 });
    return new Kubectl({ program: inject('environment').kubectl, kubeconfig: file });
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    await this.client.close();
    const child = this.child;
    if (child === undefined) return null;
    if (this.isRunning) {
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
    }
    return child.exitCode;
  }
}
