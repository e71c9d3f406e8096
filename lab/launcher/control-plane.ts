import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ApiClient } from './api-client.js';
import { ensureCertificates } from './cluster-certificates.js';
import * as programs from './control-plane-programs.js';
import { writeKubeconfig } from './kubeconfig.js';
import type { LabContext } from './lab-context.js';
import { fakeNodesReady, metricsServed, realNodeReady, serviceAccountsMade } from './readiness.js';
import { fakeLog, fakeNode } from './fake-nodes.js';
import { registerMetricsApi } from './metrics-api.js';
import { prepareRealNode, type RealNode } from './real-node.js';
import { run } from './run.js';
import { ensureSocketFolder } from './socket-folder.js';
import { TcpFaultProxy } from './tcp-fault-proxy.js';
import { until } from './until.js';

export interface ControlPlaneOptions {
  /** Puts a TCP proxy before the API server, which can delay, cut and black-hole. It lives as long as this Node process. */
  faults?: boolean;
  /** A node with a real kubelet; `nodeUnavailable` says why there is none, and then a fake node takes its place. */
  realNode?: boolean;
  /** Number of nodes that kwok plays: fake-1 and so on. */
  fakeNodes?: number;
  /** metrics-server: `kubectl top` and autoscaling, about 15 s after the start. */
  metrics?: boolean;
  /** Who did what, one JSON line per request, in `auditLog`. */
  auditLog?: boolean;
}

type WaitingFor = (what: string) => void;

const READY_TIMEOUT_MS = 90_000;
const SERVICE_CIDR = '10.96.0.0/16';
const FAKE_LOG_LINES = 3;
const nothing: WaitingFor = () => undefined;

/** A cluster with its own etcd. All paths are absolute. */
export class ControlPlane {
  readonly caFile: string;
  /** Path of the admin's kubeconfig; its context has the cluster's name. */
  readonly kubeconfig: string;
  readonly auditLog?: string;
  readonly node?: { name: string; ip: string };
  private readonly api: ApiClient;

  private constructor(
    readonly name: string,
    private readonly lab: LabContext,
    private readonly options: ControlPlaneOptions,
    private readonly settings: programs.ControlPlaneSettings,
    private readonly realNode: RealNode | undefined,
    /** Why there is no real node although one was asked for. */
    readonly nodeUnavailable: string | undefined,
    readonly faults: TcpFaultProxy | undefined,
  ) {
    this.caFile = path.join(settings.certificates, 'ca.crt');
    this.kubeconfig = programs.kubeconfigOf(settings, 'admin');
    if (settings.auditLog !== undefined) this.auditLog = settings.auditLog;
    if (realNode) this.node = { name: realNode.name, ip: realNode.network.nodeAddress };
    this.api = new ApiClient(this.directUrl, settings.certificates);
  }

  /** Where clients reach the API server: directly, or through the fault proxy. */
  get url(): string {
    return this.faults ? `https://127.0.0.1:${this.faults.port}` : this.directUrl;
  }

  /** Folder of the cluster's certificates and keys: ca.crt, ca.key, admin.crt … */
  get certificates(): string {
    return this.settings.certificates;
  }

  /** Starts, adopts or completes the cluster; resolves when it is usable. */
  static async open(lab: LabContext, name: string, options: ControlPlaneOptions, waitingFor: WaitingFor): Promise<ControlPlane> {
    const folder = path.join(lab.state, 'clusters', name);
    const certificates = path.join(folder, 'certificates');
    mkdirSync(folder, { recursive: true });
    const prepared = options.realNode ? await prepareRealNode(lab, name, folder, certificates, waitingFor) : undefined;
    const realNode = prepared && 'program' in prepared ? prepared : undefined;
    const host = realNode?.network.hostAddress ?? '127.0.0.1';
    const serviceCidr = realNode?.network.serviceCidr ?? SERVICE_CIDR;
    await ensureCertificates(certificates, name, {
      apiServer: [host, firstAddress(serviceCidr)],
      ...(realNode ? { node: { name: realNode.name, address: realNode.network.nodeAddress } } : {}),
    });
    const settings: programs.ControlPlaneSettings = {
      name,
      programs: lab.programs.folder,
      folder,
      certificates,
      sockets: ensureSocketFolder(lab.state, folder),
      host,
      port: await lab.ports.get(`${name} kube-apiserver`, host, lab.processes.isRunning(programs.processName(name, 'kube-apiserver'))),
      serviceCidr,
      reachable: realNode !== undefined,
      ...(options.auditLog ? { auditLog: path.join(lab.processes.logs, `${name}-audit.log`) } : {}),
    };
    const faults = options.faults ? await listenForFaults(lab, settings) : undefined;
    const unavailable = prepared && 'unavailable' in prepared ? prepared.unavailable : undefined;
    const cluster = new ControlPlane(name, lab, options, settings, realNode, unavailable, faults);
    cluster.writeFiles();
    await cluster.start(waitingFor);
    return cluster;
  }

  /** Starts what doesn't run; resolves when the cluster is usable again. Throws with the end of a program's log when one ends. */
  async start(waitingFor: WaitingFor = nothing): Promise<void> {
    const { processes } = this.lab;
    waitingFor('etcd and kube-apiserver');
    const apiServer = programs.apiServer(this.settings);
    await processes.ensure(programs.etcd(this.settings));
    await processes.ensure(apiServer);
    await until(`${this.name}: kube-apiserver`, READY_TIMEOUT_MS, async () => {
      processes.expectRunning(programs.processName(this.name, 'etcd'));
      processes.expectRunning(apiServer.name);
      return (await this.api.isReady()) || undefined;
    });
    waitingFor('controllers and nodes');
    await Promise.all([
      processes.ensure(programs.controllerManager(this.settings)),
      processes.ensure(programs.scheduler(this.settings)),
      this.startRealNode(),
      this.startFakeNodes(),
      this.startMetrics(),
    ]);
    await until(`${this.name}: service accounts`, READY_TIMEOUT_MS, () => {
      processes.expectRunning(programs.processName(this.name, 'kube-controller-manager'));
      return serviceAccountsMade(this.api);
    });
  }

  /** Ends the control plane, as a crash of its machine would. A real node and its pods go on without it. */
  async stop(): Promise<void> {
    const { processes } = this.lab;
    const end = (kind: string, signal: 'SIGKILL' | 'SIGTERM') => processes.end(programs.processName(this.name, kind), signal);
    const stateless = ['metrics-server', 'kwok', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver'];
    await Promise.all(stateless.map((kind) => end(kind, 'SIGKILL')));
    await end('etcd', 'SIGTERM');
  }

  /** Freezes the API server: connections stay, new ones are accepted by the kernel, nobody answers. */
  pause(): void {
    this.signalApiServer('SIGSTOP');
  }

  resume(): void {
    this.signalApiServer('SIGCONT');
  }

  /** Lets go of connections and of the fault proxy; the cluster itself goes on. */
  async close(): Promise<void> {
    await Promise.all([this.api.close(), this.faults?.close()]);
  }

  private get directUrl(): string {
    return `https://${this.settings.host}:${this.settings.port}`;
  }

  private signalApiServer(signal: NodeJS.Signals): void {
    const name = programs.processName(this.name, 'kube-apiserver');
    if (!this.lab.processes.signal(name, signal)) throw new Error(`${name} doesn't run`);
  }

  private writeFiles(): void {
    const { settings } = this;
    const internal = [
      'kube-controller-manager',
      'kube-scheduler',
      'kwok',
      'metrics-server',
      ...(this.realNode ? ['kubelet', 'kube-proxy', 'coredns'] : []),
    ];
    const access = { cluster: this.name, certificates: settings.certificates };
    for (const user of internal) writeKubeconfig(programs.kubeconfigOf(settings, user), { ...access, server: this.directUrl, user });
    writeKubeconfig(this.kubeconfig, { ...access, server: this.url, user: 'admin' });
    writeFileSync(programs.schedulerConfigurationFile(settings), JSON.stringify(programs.schedulerConfiguration(settings)));
    writeFileSync(programs.auditPolicyFile(settings), JSON.stringify(programs.AUDIT_POLICY));
  }

  private async startRealNode(): Promise<void> {
    const { realNode } = this;
    if (!realNode) return;
    const begun = new Date();
    const program = { ...realNode.program, inputs: [...(realNode.program.inputs ?? []), this.directUrl] };
    const fresh = await this.lab.processes.ensure(program);
    await until(`${realNode.name} (logs in ${this.lab.processes.logs})`, READY_TIMEOUT_MS, () => {
      this.lab.processes.expectRunning(program.name);
      return realNodeReady(this.api, realNode.name, fresh ? begun : undefined);
    });
  }

  private async startFakeNodes(): Promise<void> {
    const count = this.options.fakeNodes ?? (this.nodeUnavailable === undefined ? 0 : 1);
    if (count === 0) return;
    const { processes, ports } = this.lab;
    const logFile = path.join(this.settings.folder, 'fake-pod.log');
    const configuration = path.join(this.settings.folder, 'kwok.yaml');
    writeFileSync(logFile, fakeLog(FAKE_LOG_LINES, new Date()));
    writeFileSync(configuration, await run(this.lab.programs.lab, ['kwok-configuration', '--log-file', logFile]));
    const name = programs.processName(this.name, 'kwok');
    const port = await ports.get(`${this.name} kwok`, '127.0.0.1', processes.isRunning(name));
    await processes.ensure(programs.kwok(this.settings, configuration, port));
    const nodes = Array.from({ length: count }, (_, i) => fakeNode(i + 1, this.realNode !== undefined));
    await Promise.all(nodes.map((node) => this.api.apply('/api/v1/nodes', node)));
    await until(`${this.name}: fake nodes`, READY_TIMEOUT_MS, () => {
      processes.expectRunning(name);
      return fakeNodesReady(
        this.api,
        nodes.map((node) => node.metadata.name),
      );
    });
  }

  private async startMetrics(): Promise<void> {
    if (!this.options.metrics) return;
    const { processes, ports } = this.lab;
    const name = programs.processName(this.name, 'metrics-server');
    const port = await ports.get(`${this.name} metrics-server`, '127.0.0.1', processes.isRunning(name));
    await processes.ensure(programs.metricsServer(this.settings, port));
    await registerMetricsApi(this.api, port, readFileSync(this.caFile, 'utf8'));
    await until(`${this.name}: metrics API`, READY_TIMEOUT_MS, () => {
      processes.expectRunning(name);
      return metricsServed(this.api);
    });
  }
}

async function listenForFaults(lab: LabContext, settings: programs.ControlPlaneSettings): Promise<TcpFaultProxy> {
  const port = await lab.ports.get(`${settings.name} faults`, '127.0.0.1', false);
  return TcpFaultProxy.listen({ upstreamHost: settings.host, upstreamPort: settings.port, host: '127.0.0.1', port });
}

/** The address of the Service `kubernetes`. */
function firstAddress(cidr: string): string {
  return cidr.replace(/0\/\d+$/, '1');
}
