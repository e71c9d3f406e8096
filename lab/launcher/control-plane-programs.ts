import path from 'node:path';
import type { Program } from './processes.js';

/** What the programs of one control plane are told. All paths are absolute. */
export interface ControlPlaneSettings {
  name: string;
  /** Folder of the programs. */
  programs: string;
  /** Folder of the cluster's state. */
  folder: string;
  certificates: string;
  /** Folder of etcd's socket: etcd takes a file name in its working directory where other programs take a host. */
  sockets: string;
  host: string;
  port: number;
  serviceCidr: string;
  /** Pods can reach the address: it is published as the endpoint of the Service `kubernetes`. */
  reachable: boolean;
  auditLog?: string;
}

const UNIX = { client: 'unix://client:1', peer: 'unix://peer:1' };
const SOCKET = 'client:1';
/** A Unix socket's address holds 108 bytes with the final zero. */
const MAX_SOCKET_PATH = 107;

/** Whether etcd's socket fits into this folder, and its path into a URL. */
export function fitsSocket(folder: string): boolean {
  return path.join(folder, SOCKET).length <= MAX_SOCKET_PATH && /^[\w./-]+$/.test(folder);
}

export function etcd(settings: ControlPlaneSettings): Program {
  return {
    ...program(settings, 'etcd', {
      name: 'lab',
      'data-dir': path.join(settings.folder, 'etcd'),
      'listen-client-urls': UNIX.client,
      'advertise-client-urls': UNIX.client,
      'listen-peer-urls': UNIX.peer,
      'initial-advertise-peer-urls': UNIX.peer,
      'initial-cluster': `lab=${UNIX.peer}`,
      // Only a crash of the machine itself could lose what is not yet on the disk.
      'unsafe-no-fsync': true,
      'log-level': 'warn',
      'quota-backend-bytes': 8 * 2 ** 30,
    }),
    cwd: settings.sockets,
    leftovers: [SOCKET, 'peer:1'].map((socket) => path.join(settings.sockets, socket)),
  };
}

export function apiServer(settings: ControlPlaneSettings): Program {
  const pem = certificateOf(settings);
  return program(settings, 'kube-apiserver', {
    'etcd-servers': `unix://${path.join(settings.sockets, SOCKET)}`,
    'bind-address': settings.host,
    'advertise-address': settings.host,
    'secure-port': settings.port,
    // Endpoints may not hold loopback addresses.
    'endpoint-reconciler-type': settings.reachable ? 'lease' : 'none',
    'tls-cert-file': pem('apiserver.crt'),
    'tls-private-key-file': pem('apiserver.key'),
    'client-ca-file': pem('ca.crt'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': pem('sa.pub'),
    'service-account-signing-key-file': pem('sa.key'),
    'service-cluster-ip-range': settings.serviceCidr,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
    'kubelet-certificate-authority': pem('ca.crt'),
    'kubelet-client-certificate': pem('apiserver-kubelet-client.crt'),
    'kubelet-client-key': pem('apiserver-kubelet-client.key'),
    'kubelet-preferred-address-types': 'InternalIP,Hostname',
    'requestheader-client-ca-file': pem('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'proxy-client-cert-file': pem('front-proxy-client.crt'),
    'proxy-client-key-file': pem('front-proxy-client.key'),
    profiling: false,
    ...(settings.auditLog ? { 'audit-log-path': settings.auditLog, 'audit-policy-file': auditPolicyFile(settings) } : {}),
  });
}

export function controllerManager(settings: ControlPlaneSettings): Program {
  const pem = certificateOf(settings);
  return program(settings, 'kube-controller-manager', {
    kubeconfig: kubeconfigOf(settings, 'kube-controller-manager'),
    'secure-port': 0,
    'leader-elect': false,
    // It would make a folder below /usr.
    'flex-volume-plugin-dir': path.join(settings.folder, 'volume-plugins'),
    'use-service-account-credentials': true,
    'service-account-private-key-file': pem('sa.key'),
    'root-ca-file': pem('ca.crt'),
    'cluster-signing-cert-file': pem('ca.crt'),
    'cluster-signing-key-file': pem('ca.key'),
    'kube-api-qps': 300,
    'kube-api-burst': 600,
    // An autoscaler that acts within seconds, where the usual one takes minutes.
    'horizontal-pod-autoscaler-sync-period': '5s',
    'horizontal-pod-autoscaler-cpu-initialization-period': '10s',
    'horizontal-pod-autoscaler-initial-readiness-delay': '5s',
    'horizontal-pod-autoscaler-downscale-stabilization': '20s',
    profiling: false,
  });
}

export function scheduler(settings: ControlPlaneSettings): Program {
  return program(settings, 'kube-scheduler', { config: schedulerConfigurationFile(settings), 'secure-port': 0, profiling: false });
}

export function schedulerConfigurationFile(settings: ControlPlaneSettings): string {
  return path.join(settings.folder, 'kube-scheduler.json');
}

export function schedulerConfiguration(settings: ControlPlaneSettings): object {
  return {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig: kubeconfigOf(settings, 'kube-scheduler'), qps: 1000, burst: 2000 },
    leaderElection: { leaderElect: false },
  };
}

export function auditPolicyFile(settings: ControlPlaneSettings): string {
  return path.join(settings.folder, 'audit-policy.json');
}

/** Who did what, without bodies, once per request. */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

export function kwok(settings: ControlPlaneSettings, configuration: string, port: number): Program {
  const pem = certificateOf(settings);
  return program(settings, 'kwok', {
    config: configuration,
    kubeconfig: kubeconfigOf(settings, 'kwok'),
    'server-address': `127.0.0.1:${port}`,
    'node-port': port,
    'tls-cert-file': pem('kwok.crt'),
    'tls-private-key-file': pem('kwok.key'),
    v: 'WARN',
  });
}

export function metricsServer(settings: ControlPlaneSettings, port: number): Program {
  const pem = certificateOf(settings);
  const kubeconfig = kubeconfigOf(settings, 'metrics-server');
  return program(settings, 'metrics-server', {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'secure-port': port,
    'tls-cert-file': pem('metrics-server.crt'),
    'tls-private-key-file': pem('metrics-server.key'),
    'kubelet-certificate-authority': pem('ca.crt'),
    'kubelet-preferred-address-types': 'InternalIP',
    'kubelet-use-node-status-port': true,
    'metric-resolution': '10s',
    'kubelet-request-timeout': '5s',
  });
}

export function kubeconfigOf(settings: Pick<ControlPlaneSettings, 'folder'>, user: string): string {
  return path.join(settings.folder, `${user}.kubeconfig`);
}

/** The lab's name for a cluster's process. */
export function processName(cluster: string, kind: string): string {
  return `${cluster}-${kind}`;
}

function certificateOf(settings: ControlPlaneSettings): (file: string) => string {
  return (file) => path.join(settings.certificates, file);
}

function program(settings: ControlPlaneSettings, kind: string, flags: Record<string, string | number | boolean>): Program {
  return {
    name: processName(settings.name, kind),
    file: path.join(settings.programs, kind),
    args: Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
  };
}
