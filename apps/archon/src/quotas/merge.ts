import { type KubernetesObject, parseQuantity } from '#kubernetes';
import { quotaTypeOf } from './quota-names.js';

/** The ResourceQuota and the LimitRange that Archon keeps in a namespace. */
export const OWN_NAME = 'default';

/**
 * What the `default` ResourceQuota of an imported namespace limits: of each type the least over all quotas that set it. A quota with
 * scopes counts only some Pods and can't be merged into one that counts all: it stays in force by itself.
 */
export function mergeQuotas(quotas: readonly KubernetesObject[]): Record<string, string> {
  const least = new Map<string, string>();
  for (const [key, text] of quotas.filter((quota) => !hasScopes(quota)).flatMap(hardOf)) {
    const type = quotaTypeOf(key);
    const present = least.get(type);
    if (present === undefined || nanosOf(text) < nanosOf(present)) least.set(type, text);
  }
  return Object.fromEntries(least);
}

/** What to tell who imports a namespace with quotas besides `default`. */
export function quotaWarning(quotas: readonly KubernetesObject[]): string | undefined {
  const others = othersOf(quotas);
  if (others.length === 0) return undefined;
  const scoped = quotas.filter(hasScopes).map((quota) => quota.metadata.name);
  return (
    `the namespace has ${listed('ResourceQuota', others)} besides "${OWN_NAME}": Kubernetes checks each of them, ` +
    `so remove all but "${OWN_NAME}"${scoped.length === 0 ? '' : `; not merged, because of scopes: ${scoped.join(', ')}`}`
  );
}

/**
 * What the `default` LimitRange of an imported namespace limits: what the only LimitRange does. Several can't be merged; then there
 * is a warning instead.
 */
export function mergeLimitRanges(ranges: readonly KubernetesObject[]): { limits?: unknown[]; warning?: string } {
  const [only] = ranges;
  if (only === undefined) return {};
  const others = othersOf(ranges);
  const remedy = 'Kubernetes checks each of them, and which defaults a container gets is not defined';
  if (ranges.length > 1)
    return {
      warning: `the namespace has ${listed('LimitRange', namesOf(ranges))}, which can't be merged, so none was made: ${remedy}; keep one`,
    };
  return {
    limits: limitsOf(only),
    ...(others.length === 0
      ? {}
      : { warning: `the namespace has ${listed('LimitRange', others)} besides "${OWN_NAME}": ${remedy}; remove all but "${OWN_NAME}"` }),
  };
}

function hardOf(quota: KubernetesObject): [string, string][] {
  const { hard } = (quota.spec ?? {}) as { hard?: Record<string, unknown> };
  return Object.entries(hard ?? {}).map(([key, value]) => [key, String(value)]);
}

function hasScopes(quota: KubernetesObject): boolean {
  const { scopes, scopeSelector } = (quota.spec ?? {}) as { scopes?: unknown[]; scopeSelector?: { matchExpressions?: unknown[] } };
  return (scopes ?? []).length > 0 || (scopeSelector?.matchExpressions ?? []).length > 0;
}

const limitsOf = (range: KubernetesObject): unknown[] => ((range.spec ?? {}) as { limits?: unknown[] }).limits ?? [];

const namesOf = (objects: readonly KubernetesObject[]): string[] => objects.map((object) => object.metadata.name ?? '');

const othersOf = (objects: readonly KubernetesObject[]): string[] => namesOf(objects).filter((name) => name !== OWN_NAME);

const listed = (kind: string, names: readonly string[]): string => `${names.length === 1 ? kind : `${kind}s`} ${names.join(', ')}`;

/** The API server has checked it: what isn't a quantity here is a mistake of ours, and must not count as nothing. */
function nanosOf(text: string): bigint {
  const nanos = parseQuantity(text);
  if (nanos === undefined) throw new Error(`"${text}" is not a quantity`);
  return nanos;
}
