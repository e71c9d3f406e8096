import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import type { PolicyRule } from './pod-security-rules.js';
import { POD_SECURITY_SAMPLES, podSecurityPolicy } from './pod-security-samples.js';

const RANGE = '1000002000-1000011999';
const NAMES = POD_SECURITY_SAMPLES.map(({ name }) => name);

type Json = string | number | boolean | null | undefined | Json[] | { [field: string]: Json };
type Fields = Record<string, Json>;

const isFields = (value: Json): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kyverno's patterns, as far as the samples use them: anchors, lists, ranges, alternatives and comparisons. */
function fits(pattern: Json, value: Json): boolean {
  if (Array.isArray(pattern)) return Array.isArray(value) && value.every((item) => fits(pattern[0], item));
  if (isFields(pattern)) return isFields(value) && Object.entries(pattern).every(([key, inner]) => fieldFits(key, inner, value));
  if (typeof pattern !== 'string') return pattern === value;
  return pattern.split(' | ').some((alternative) => textFits(alternative, value));
}

function fieldFits(key: string, pattern: Json, value: Fields): boolean {
  const [, anchor, field = key] = /^([=X])\((.*)\)$/.exec(key) ?? [];
  if (anchor === 'X') return value[field] === undefined;
  return value[field] === undefined ? anchor === '=' : fits(pattern, value[field]);
}

function textFits(pattern: string, value: Json): boolean {
  const range = /^(\d+)-(\d+)$/.exec(pattern);
  if (range !== null) return typeof value === 'number' && value >= Number(range[1]) && value <= Number(range[2]);
  if (pattern.startsWith('!')) return pattern.slice(1) !== value;
  if (pattern.startsWith('>')) return typeof value === 'number' && value > Number(pattern.slice(1));
  return pattern === '?*' ? typeof value === 'string' && value !== '' : pattern === value;
}

interface Condition {
  key: string;
  operator: string;
  value: string | string[];
}

const operand = (text: string | string[], container: Fields): Json[] => {
  if (Array.isArray(text)) return text;
  const path = /^\{\{ element\.([a-zA-Z.]+)\[\] \|\| `\[\]` \}\}$/.exec(text)?.[1];
  if (path === undefined) return [text];
  const found = path.split('.').reduce<Json>((value, field) => (isFields(value) ? value[field] : undefined), container);
  return Array.isArray(found) ? found : [];
};

/** `AnyNotIn`: one of the key's elements is not among the value's. */
const denies = ({ key, value }: Condition, container: Fields) =>
  operand(key, container).some((element) => !operand(value, container).includes(element));

function allows({ validate }: PolicyRule, pod: Fields): boolean {
  if (validate === undefined) return true;
  const { pattern, anyPattern, foreach } = validate as { pattern?: Json; anyPattern?: Json[]; foreach?: ForEach[] };
  if (pattern !== undefined) return fits(pattern, pod);
  if (anyPattern !== undefined) return anyPattern.some((one) => fits(one, pod));
  const { containers, initContainers, ephemeralContainers } = pod.spec as Record<string, Fields[] | undefined>;
  const all = [...(containers ?? []), ...(initContainers ?? []), ...(ephemeralContainers ?? [])];
  return (foreach ?? []).every(
    ({ deny }) => !all.some((container) => deny.conditions.all.every((condition) => denies(condition, container))),
  );
}

interface ForEach {
  deny: { conditions: { all: Condition[] } };
}

const rulesOf = (name: string) => (podSecurityPolicy(name, 'shop-web', RANGE, 'cpaas.io')?.spec as { rules: PolicyRule[] }).rules;

/** The Pod after the policy's defaults. */
function admitted(rules: PolicyRule[], spec: Fields): Fields {
  const defaults = rules.some(({ mutate }) => mutate !== undefined) ? { seccompProfile: { type: 'RuntimeDefault' } } : {};
  return { metadata: { name: 'web' }, spec: { ...spec, securityContext: { ...defaults, ...(spec.securityContext as Fields) } } };
}

/** The samples that let a Pod in. */
const samplesFor = (spec: Fields): string[] =>
  NAMES.filter((name) => {
    const rules = rulesOf(name);
    return rules.every((rule) => allows(rule, admitted(rules, spec)));
  });

const container = (securityContext: Fields = {}, fields: Fields = {}): Fields => ({
  name: 'web',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, ...securityContext },
  ...fields,
});
const pod = (fields: Fields = {}, containers: Fields[] = [container()]): Fields => ({
  securityContext: { runAsUser: 1_000_002_000, runAsNonRoot: true, fsGroup: 1_000_002_000 },
  containers,
  ...fields,
});
const without = (...names: string[]) => NAMES.filter((name) => !names.includes(name));

const HARDENED = ['restricted-v2', 'hostnetwork-v2', 'nonroot-v2'];
const ALLOTTED = ['restricted', 'restricted-v2', 'hostaccess', 'hostnetwork', 'hostnetwork-v2'];
const WITH_NETWORK = ['hostaccess', 'hostnetwork', 'hostnetwork-v2', 'node-exporter', 'privileged'];
const WITH_PROCESSES = ['hostaccess', 'node-exporter', 'privileged'];
const WITH_VOLUMES = ['hostaccess', 'hostmount-anyuid', 'node-exporter', 'privileged'];
const ANY_USER = ['anyuid', 'hostmount-anyuid', 'node-exporter', 'privileged'];

describe('pod security samples', () => {
  it('are the eleven of the guide', () => {
    expect(POD_SECURITY_SAMPLES.map(({ name, level }) => [name, level])).toEqual([
      ['restricted', 'baseline'],
      ['restricted-v2', 'restricted'],
      ['anyuid', 'baseline'],
      ['hostaccess', 'privileged'],
      ['hostmount-anyuid', 'privileged'],
      ['hostnetwork', 'privileged'],
      ['hostnetwork-v2', 'privileged'],
      ['node-exporter', 'privileged'],
      ['nonroot', 'baseline'],
      ['nonroot-v2', 'restricted'],
      ['privileged', 'privileged'],
    ]);
    expect(POD_SECURITY_SAMPLES.filter(({ needsUidRange }) => needsUidRange).map(({ name }) => name)).toEqual(ALLOTTED);
    expect(new Set(POD_SECURITY_SAMPLES.map(({ description }) => description)).size).toBe(NAMES.length);
  });

  it.each(NAMES)('%s is a policy of the namespace that enforces named rules on Pods', (name) => {
    const policy = podSecurityPolicy(name, 'shop-web', RANGE, 'cpaas.io');
    expect(policy).toMatchObject({
      apiVersion: 'kyverno.io/v1',
      kind: 'Policy',
      metadata: { name, namespace: 'shop-web' },
      spec: { validationFailureAction: 'Enforce' },
    });
    const rules = rulesOf(name);
    expect(rules.length).toBeGreaterThan(0);
    expect(new Set(rules.map((rule) => rule.name)).size).toBe(rules.length);
    expect(rules.every((rule) => /^[a-z-]{1,63}$/.test(rule.name) && ('validate' in rule || 'mutate' in rule))).toBe(true);
    expect(rules.map(({ match }) => match)).toEqual(rules.map(() => ({ any: [{ resources: { kinds: ['Pod'] } }] })));
  });

  it('are for a namespace with a range of user ids where they ask for one', () => {
    for (const { name, needsUidRange } of POD_SECURITY_SAMPLES) {
      if (needsUidRange) {
        expect(() => podSecurityPolicy(name, 'shop-web', undefined, 'cpaas.io')).toThrow(ApiError);
        expect(() => podSecurityPolicy(name, 'shop-web', 'x', 'cpaas.io')).toThrow(
          /metadata\.labels\[security\.cpaas\.io\/enabled\]: .*set this label/,
        );
      } else
        expect(podSecurityPolicy(name, 'shop-web', undefined, 'cpaas.io')).toEqual(podSecurityPolicy(name, 'shop-web', RANGE, 'cpaas.io'));
    }
    expect(podSecurityPolicy('constructor', 'shop-web', RANGE, 'cpaas.io')).toBeUndefined();
  });

  it.each<[string, Fields, string[]]>([
    ['that asks for nothing', pod(), NAMES],
    ["on the host's network", pod({ hostNetwork: true }), WITH_NETWORK],
    ['with a port of the host', pod({}, [container({}, { ports: [{ containerPort: 80 }, { hostPort: 80 }] })]), WITH_NETWORK],
    ['with a port', pod({}, [container({}, { ports: [{ containerPort: 80, hostPort: 0 }] })]), NAMES],
    ["among the host's processes", pod({ hostPID: true }), WITH_PROCESSES],
    ["with the host's shared memory", pod({ hostIPC: true }), WITH_PROCESSES],
    [
      "with the host's files",
      pod({
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'h', hostPath: { path: '/' } },
        ],
      }),
      WITH_VOLUMES,
    ],
    ['with files of a server', pod({ volumes: [{ name: 'v', nfs: { server: 'files', path: '/' } }] }), WITH_VOLUMES],
    [
      'with claims and secrets',
      pod({
        volumes: [
          { name: 'v', persistentVolumeClaim: { claimName: 'c' } },
          { name: 's', secret: {} },
        ],
      }),
      NAMES,
    ],
    ['that is privileged', pod({}, [container({ privileged: true })]), ['privileged']],
    ['whose init container is privileged', pod({ initContainers: [container({ privileged: true })] }), ['privileged']],
    ['whose debug container is privileged', pod({ ephemeralContainers: [container({ privileged: true })] }), ['privileged']],
    ['that adds a capability', pod({}, [container({ capabilities: { drop: ['ALL'], add: ['SYS_TIME'] } })]), ['privileged']],
    [
      'that may bind low ports',
      pod({}, [container({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })]),
      [...HARDENED, 'privileged'].sort((a, b) => NAMES.indexOf(a) - NAMES.indexOf(b)),
    ],
    ['that drops no capabilities', pod({}, [container({ capabilities: {} })]), without(...HARDENED)],
    ['that drops some capabilities', pod({}, [container(), container({ capabilities: { drop: ['KILL'] } })]), without(...HARDENED)],
    ['that may escalate', pod({}, [container({ allowPrivilegeEscalation: true })]), without(...HARDENED)],
    ['that does not say whether it may escalate', pod({}, [{ name: 'web' }]), without(...HARDENED)],
    ['without seccomp', pod({}, [container({ seccompProfile: { type: 'Unconfined' } })]), ['privileged']],
    [
      'with a seccomp profile of its own',
      pod({ securityContext: { runAsUser: 1_000_002_000, seccompProfile: { type: 'Localhost' } } }),
      without(...HARDENED),
    ],
    ['that runs as root', pod({ securityContext: { runAsUser: 0 } }), ANY_USER],
    ['that does not say as whom it runs', pod({ securityContext: {} }), ANY_USER],
    ['whose container runs as root', pod({}, [container({ runAsUser: 0 })]), ANY_USER],
    ['whose image must not run as root', pod({ securityContext: { runAsNonRoot: true } }), without(...ALLOTTED)],
    ['that runs as another user', pod({ securityContext: { runAsUser: 1_000 } }), without(...ALLOTTED)],
    ['that runs as the last allotted user', pod({ securityContext: { runAsUser: 1_000_011_999 } }), NAMES],
    ['that runs as the user after the last allotted one', pod({ securityContext: { runAsUser: 1_000_012_000 } }), without(...ALLOTTED)],
    ['whose containers all name their user', pod({ securityContext: {} }, [container({ runAsUser: 1_000_002_001 })]), NAMES],
    [
      'of whose containers one names no user',
      pod({ securityContext: {} }, [container({ runAsUser: 1_000_002_001 }), container()]),
      ANY_USER,
    ],
    ['with another group', pod({ securityContext: { runAsUser: 1_000_002_000, fsGroup: 1 } }), without(...ALLOTTED)],
    ['with an SELinux user', pod({}, [container({ seLinuxOptions: { user: 'system_u' } })]), ['node-exporter', 'privileged']],
    [
      'with an SELinux type of no container',
      pod({ securityContext: { runAsUser: 1_000_002_000, seLinuxOptions: { type: 'spc_t' } } }),
      ['node-exporter', 'privileged'],
    ],
    ['with an SELinux type of containers', pod({}, [container({ seLinuxOptions: { type: 'container_t' } })]), NAMES],
  ])('a Pod %s is let in by what its needs say', (_what, spec, samples) => {
    expect(samplesFor(spec)).toEqual(samples);
  });
});
