import type { PodSecurityLevel } from './pod-security.js';

/** What a Pod security sample lets a Pod do. */
export interface PodSecurityConstraints {
  description: string;
  /** The level of Pod Security Admission that comes nearest. */
  level: PodSecurityLevel;
  /** As whom containers may run: an id allotted to the namespace, any but root, or anyone. */
  user: 'allotted' | 'nonroot' | 'any';
  /** The group that owns volumes. */
  fsGroup: 'allotted' | 'any';
  host: { network: boolean; processes: boolean; volumes: boolean };
  privileged: boolean;
  /** Whether all capabilities must be dropped, privilege escalation be off and seccomp be the runtime's default, not just on. */
  hardened: boolean;
  /** Whether any SELinux user, role and type may be set. */
  anySelinux: boolean;
}

const NO_HOST = { network: false, processes: false, volumes: false };
const ALL_OF_HOST = { network: true, processes: true, volumes: true };

const restricted: PodSecurityConstraints = {
  description: 'No access to the host; Pods run with the user ids allotted to the namespace.',
  level: 'baseline',
  user: 'allotted',
  fsGroup: 'allotted',
  host: NO_HOST,
  privileged: false,
  hardened: false,
  anySelinux: false,
};

const nonroot: PodSecurityConstraints = {
  ...restricted,
  description: 'As restricted, with any user id but root; the Pod or its image must name one.',
  user: 'nonroot',
  fsGroup: 'any',
};

const hostnetwork: PodSecurityConstraints = {
  ...restricted,
  description: "The host's network and ports; Pods run with the user ids allotted to the namespace.",
  level: 'privileged',
  host: { ...NO_HOST, network: true },
};

const HARDENED = ' All capabilities are dropped, privilege escalation is off, and seccomp is the default of the runtime.';

const hardened = (constraints: PodSecurityConstraints, level: PodSecurityLevel): PodSecurityConstraints => ({
  ...constraints,
  description: `${constraints.description}${HARDENED}`,
  level,
  hardened: true,
});

/** The Pod security samples, by the name of their policy. */
export const POD_SECURITY_CONSTRAINTS = {
  restricted,
  'restricted-v2': hardened(restricted, 'restricted'),
  anyuid: { ...restricted, description: 'As restricted, with any user and group id.', user: 'any', fsGroup: 'any' },
  hostaccess: {
    ...restricted,
    description:
      'All namespaces, file systems and processes of the host, for trusted Pods only; they run with the user ids allotted to the namespace.',
    level: 'privileged',
    host: ALL_OF_HOST,
  },
  'hostmount-anyuid': {
    ...restricted,
    description: 'As restricted, with volumes of the host and any user id, root included: for what recycles persistent volumes.',
    level: 'privileged',
    user: 'any',
    fsGroup: 'any',
    host: { ...NO_HOST, volumes: true },
  },
  hostnetwork,
  'hostnetwork-v2': hardened(hostnetwork, 'privileged'),
  'node-exporter': {
    ...restricted,
    description: "For the node exporter of Prometheus: the host's network, processes and volumes, with any user id.",
    level: 'privileged',
    user: 'any',
    fsGroup: 'any',
    host: ALL_OF_HOST,
    anySelinux: true,
  },
  nonroot,
  'nonroot-v2': hardened(nonroot, 'restricted'),
  privileged: {
    description: 'Everything, as any user, in any group and any SELinux context: for cluster administrators only.',
    level: 'privileged',
    user: 'any',
    fsGroup: 'any',
    host: ALL_OF_HOST,
    privileged: true,
    hardened: false,
    anySelinux: true,
  },
} satisfies Record<string, PodSecurityConstraints>;
