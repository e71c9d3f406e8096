import { invalid } from '#errors';
import type { KubernetesObject } from '#kubernetes';
import type { PodSecurityLevel } from './pod-security.js';
import { POD_SECURITY_CONSTRAINTS, type PodSecurityConstraints } from './pod-security-constraints.js';
import { podSecurityRules } from './pod-security-rules.js';
import { parseUidRange, uidRangeLabel } from './uid-range.js';

/** A policy to begin with, as it is listed. */
export interface PodSecuritySample {
  name: string;
  description: string;
  level: PodSecurityLevel;
  /** Whether it can be applied only to a namespace that has a range of user ids. */
  needsUidRange: boolean;
}

const CONSTRAINTS: ReadonlyMap<string, PodSecurityConstraints> = new Map(Object.entries(POD_SECURITY_CONSTRAINTS));

export const POD_SECURITY_SAMPLES: readonly PodSecuritySample[] = [...CONSTRAINTS].map(([name, constraints]) => ({
  name,
  description: constraints.description,
  level: constraints.level,
  needsUidRange: needsUidRange(constraints),
}));

/**
 * A sample as a Kyverno Policy for one namespace. Undefined when there is no sample of this name. Throws 422 when the sample needs
 * the range of user ids that the namespace hasn't been allotted.
 */
export function podSecurityPolicy(
  name: string,
  namespace: string,
  uidRange: string | undefined,
  domain: string,
): KubernetesObject | undefined {
  const constraints = CONSTRAINTS.get(name);
  if (constraints === undefined) return undefined;
  if (needsUidRange(constraints) && parseUidRange(uidRange ?? '') === undefined) throw withoutRange(name, domain);
  return {
    apiVersion: 'kyverno.io/v1',
    kind: 'Policy',
    metadata: {
      name,
      namespace,
      annotations: {
        'policies.kyverno.io/title': name,
        'policies.kyverno.io/category': 'Pod Security',
        'policies.kyverno.io/subject': 'Pod',
        'policies.kyverno.io/description': constraints.description,
      },
    },
    spec: { validationFailureAction: 'Enforce', background: true, rules: podSecurityRules(constraints, uidRange ?? '') },
  };
}

function needsUidRange({ user, fsGroup }: PodSecurityConstraints): boolean {
  return user === 'allotted' || fsGroup === 'allotted';
}

const withoutRange = (name: string, domain: string) =>
  invalid(`the policy "${name}"`, [
    {
      field: `metadata.labels[${uidRangeLabel(domain)}]`,
      message: 'the namespace has no range of user ids: set this label to "true" and the level enforce to restricted first',
    },
  ]);
