import type { PodSecurityConstraints } from './pod-security-constraints.js';

/** A rule of a Kyverno policy. */
export interface PolicyRule {
  name: string;
  [field: string]: unknown;
}

/** Storage of the host or of a node's cloud, which a Pod reaches past claims. */
const HOST_VOLUMES =
  'hostPath nfs iscsi rbd cephfs glusterfs fc flexVolume cinder flocker quobyte portworxVolume scaleIO storageos gitRepo ' +
  'awsElasticBlockStore gcePersistentDisk azureDisk azureFile vsphereVolume photonPersistentDisk';
const SELINUX_TYPES = 'container_t | container_init_t | container_kvm_t | container_engine_t';
const ALL_CONTAINERS = 'request.object.spec.[containers, initContainers, ephemeralContainers][]';

/** The rules of a sample. In Kyverno's patterns `=(field)` may be absent and `X(field)` must be absent. */
export function podSecurityRules(constraints: PodSecurityConstraints, uidRange: string): PolicyRule[] {
  const { host, user, fsGroup, privileged, hardened, anySelinux } = constraints;
  const rules = [
    ...(hardened ? [DEFAULT_SECCOMP] : []),
    ...(host.network ? [] : [HOST_NETWORK, HOST_PORTS]),
    ...(host.processes ? [] : [HOST_PROCESSES]),
    ...(host.volumes ? [] : [VOLUMES]),
    ...(privileged ? [] : [PRIVILEGED, capabilities(hardened)]),
    ...(hardened ? [ESCALATION, DROP_ALL] : []),
    ...(privileged ? [] : [hardened ? RUNTIME_SECCOMP : ANY_SECCOMP]),
    ...(user === 'any' ? [] : [user === 'nonroot' ? NONROOT : allottedUser(uidRange)]),
    ...(fsGroup === 'any' ? [] : [allottedGroup(uidRange)]),
    ...(anySelinux ? [] : [SELINUX]),
  ];
  return rules.length > 0 ? rules : [ANY_POD];
}

const rule = (name: string, body: object): PolicyRule => ({ name, match: { any: [{ resources: { kinds: ['Pod'] } }] }, ...body });

const pattern = (name: string, message: string, spec: object) => rule(name, { validate: { message, pattern: { spec } } });

const anyPattern = (name: string, message: string, specs: object[]) =>
  rule(name, { validate: { message, anyPattern: specs.map((spec) => ({ spec })) } });

/** The same for all kinds of containers. */
const eachContainer = (container: object) => ({
  containers: [container],
  '=(initContainers)': [container],
  '=(ephemeralContainers)': [container],
});

const deniedContainer = (name: string, message: string, condition: object) =>
  rule(name, {
    preconditions: { all: [{ key: "{{ request.operation || 'BACKGROUND' }}", operator: 'NotEquals', value: 'DELETE' }] },
    validate: { message, foreach: [{ list: ALL_CONTAINERS, deny: { conditions: { all: [condition] } } }] },
  });

const HOST_NETWORK = pattern('host-network', "the host's network is not allowed: take hostNetwork out", { '=(hostNetwork)': false });

const HOST_PROCESSES = pattern('host-processes', "the host's processes are not allowed: take hostPID and hostIPC out", {
  '=(hostPID)': false,
  '=(hostIPC)': false,
});

const HOST_PORTS = pattern(
  'host-ports',
  'ports of the host are not allowed: take hostPort out',
  eachContainer({ '=(ports)': [{ '=(hostPort)': 0 }] }),
);

const VOLUMES = pattern('volumes', 'volumes of the host are not allowed: use a persistent volume claim', {
  '=(volumes)': [Object.fromEntries(HOST_VOLUMES.split(' ').map((type) => [`X(${type})`, 'null']))],
});

const PRIVILEGED = pattern(
  'privileged',
  'privileged containers are not allowed: take privileged out',
  eachContainer({ '=(securityContext)': { '=(privileged)': false } }),
);

const capabilities = (hardened: boolean) =>
  deniedContainer('added-capabilities', `no capabilities may be added${hardened ? ' but NET_BIND_SERVICE' : ''}`, {
    key: '{{ element.securityContext.capabilities.add[] || `[]` }}',
    operator: 'AnyNotIn',
    value: hardened ? ['NET_BIND_SERVICE'] : [],
  });

const DROP_ALL = deniedContainer('drop-all-capabilities', 'all capabilities must be dropped: set capabilities.drop to ["ALL"]', {
  key: 'ALL',
  operator: 'AnyNotIn',
  value: '{{ element.securityContext.capabilities.drop[] || `[]` }}',
});

const ESCALATION = pattern(
  'privilege-escalation',
  'set allowPrivilegeEscalation to false in each container',
  eachContainer({ securityContext: { allowPrivilegeEscalation: false } }),
);

const DEFAULT_SECCOMP = rule('default-seccomp', {
  mutate: { patchStrategicMerge: { spec: { securityContext: { '+(seccompProfile)': { type: 'RuntimeDefault' } } } } },
});

const RUNTIME_SECCOMP = pattern('seccomp', 'seccompProfile must be RuntimeDefault', {
  securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
  ...eachContainer({ '=(securityContext)': { '=(seccompProfile)': { '=(type)': 'RuntimeDefault' } } }),
});

const confined = { '=(seccompProfile)': { '=(type)': '!Unconfined' } };

const ANY_SECCOMP = pattern('seccomp', 'seccompProfile must not be Unconfined', {
  '=(securityContext)': confined,
  ...eachContainer({ '=(securityContext)': confined }),
});

const selinux = { '=(seLinuxOptions)': { '=(type)': SELINUX_TYPES, 'X(user)': 'null', 'X(role)': 'null' } };

const SELINUX = pattern('selinux', 'SELinux user and role must not be set, and the type be one of containers', {
  '=(securityContext)': selinux,
  ...eachContainer({ '=(securityContext)': selinux }),
});

const allottedUser = (range: string) =>
  anyPattern('user', `runAsUser must be set, for the Pod or all its containers, to an id allotted to the namespace: ${range}`, [
    { securityContext: { runAsUser: range }, ...eachContainer({ '=(securityContext)': { '=(runAsUser)': range } }) },
    { '=(securityContext)': { '=(runAsUser)': range }, ...eachContainer({ securityContext: { runAsUser: range } }) },
  ]);

const allottedGroup = (range: string) =>
  pattern('fs-group', `fsGroup must be an id allotted to the namespace: ${range}`, { '=(securityContext)': { '=(fsGroup)': range } });

const notRoot = { '=(runAsNonRoot)': true, '=(runAsUser)': '>0' };
const namedNotRoot = [
  { runAsNonRoot: true, '=(runAsUser)': '>0' },
  { '=(runAsNonRoot)': true, runAsUser: '>0' },
];

/** Named by the Pod or by each container, as an id or as a demand on the image. */
const NONROOT = anyPattern(
  'user',
  'containers must not run as root: set runAsNonRoot to true, or runAsUser to another id than 0',
  namedNotRoot.flatMap((named) => [
    { securityContext: named, ...eachContainer({ '=(securityContext)': notRoot }) },
    { '=(securityContext)': notRoot, ...eachContainer({ securityContext: named }) },
  ]),
);

/** A policy without rules is none: this one says that it lets all Pods in. */
const ANY_POD = rule('any-pod', { validate: { message: 'every Pod is allowed', pattern: { metadata: { name: '?*' } } } });
