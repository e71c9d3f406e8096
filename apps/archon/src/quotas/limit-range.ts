import { invalid, type StatusCause } from '#errors';
import { formatQuantity, type KubernetesObject, parseQuantity, quantityText } from '#kubernetes';

const BOUNDS = ['defaultRequest', 'default', 'max'] as const;
const RESOURCES = ['cpu', 'memory'] as const;

type Bound = (typeof BOUNDS)[number];
type Resource = (typeof RESOURCES)[number];
type Amounts = Partial<Record<Resource, string>>;

/** What a container gets when it says nothing, and the most it may ask for. */
export type ContainerLimits = { type: 'Container' } & Partial<Record<Bound, Amounts>>;

/**
 * Reads the `spec` of the LimitRange of a namespace: at most one element of `limits`, of type Container, with `defaultRequest` ≤
 * `default` ≤ `max` for CPU and memory. Undefined when it sets nothing. Throws 422 that names each field.
 */
export function readLimitRange(field: string, spec: unknown): ContainerLimits | undefined {
  const causes: StatusCause[] = [];
  const limits = readLimits(field, spec, causes);
  if (causes.length > 0) throw invalid('the limit range', causes);
  return limits;
}

/** The LimitRange of a namespace, which is always named `default`. */
export const limitRange = (namespace: string, limits: readonly unknown[]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'default', namespace },
  spec: { limits },
});

/**
 * An element of `limits` as an API server completes it (Kubernetes, defaults of LimitRangeItem): for containers `default` from `max`, then
 * `defaultRequest` from `default` and from `min`.
 */
export function completedLimit(item: unknown): unknown {
  if (!isObject(item) || item.type !== 'Container') return item;
  const [most, least] = [item.max, item.min].map((bound) => (isObject(bound) ? bound : {}));
  const limit = { ...most, ...(item.default as object | undefined) };
  const request = { ...least, ...limit, ...(item.defaultRequest as object | undefined) };
  return { ...item, ...(isEmpty(limit) ? {} : { default: limit }), ...(isEmpty(request) ? {} : { defaultRequest: request }) };
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

function readLimits(field: string, spec: unknown, causes: StatusCause[]): ContainerLimits | undefined {
  const list = isObject(spec) ? (spec.limits ?? []) : undefined;
  if (!Array.isArray(list)) {
    causes.push({ field: `${field}.limits`, message: 'must be a list with one element of type Container' });
    return undefined;
  }
  if (list.length > 1) causes.push({ field: `${field}.limits`, message: 'must have one element, of type Container: remove the others' });
  const first: unknown = list[0];
  if (first === undefined || causes.length > 0) return undefined;
  return readContainer(`${field}.limits[0]`, first, causes);
}

function readContainer(field: string, item: unknown, causes: StatusCause[]): ContainerLimits | undefined {
  if (!isObject(item) || item.type !== 'Container') {
    causes.push({ field: `${field}.type`, message: 'must be Container' });
    return undefined;
  }
  for (const key of Object.keys(item).filter((key) => key !== 'type' && !BOUNDS.some((bound) => bound === key)))
    causes.push({ field: `${field}.${key}`, message: `is not offered here: set ${BOUNDS.join(', ')}, and remove it` });
  const bounds = BOUNDS.filter((bound) => item[bound] !== undefined).map((bound): [Bound, Amounts] => [
    bound,
    readAmounts(`${field}.${bound}`, item[bound], causes),
  ]);
  const amounts: Partial<Record<Bound, Amounts>> = Object.fromEntries(bounds);
  causes.push(...RESOURCES.flatMap((resource) => orderCauses(field, resource, amounts)));
  return { type: 'Container', ...amounts };
}

function readAmounts(field: string, value: unknown, causes: StatusCause[]): Amounts {
  if (!isObject(value)) {
    causes.push({ field, message: 'must be an object with cpu and memory' });
    return {};
  }
  const amounts: Amounts = {};
  for (const [key, amount] of Object.entries(value)) {
    const resource = RESOURCES.find((name) => name === key);
    const text = quantityText(amount);
    const nanos = text === undefined ? undefined : parseQuantity(text);
    if (resource === undefined) causes.push({ field: `${field}.${key}`, message: 'is not offered here: limit cpu and memory' });
    else if (nanos === undefined || nanos < 0n)
      causes.push({ field: `${field}.${key}`, message: `must be a quantity of at least 0, such as ${key === 'cpu' ? '500m' : '512Mi'}` });
    else amounts[resource] = formatQuantity(nanos, text);
  }
  return amounts;
}

/** Each bound must not be above the next one that is set. */
function orderCauses(field: string, resource: Resource, amounts: Partial<Record<Bound, Amounts>>): StatusCause[] {
  const given = BOUNDS.flatMap((bound) => {
    const text = amounts[bound]?.[resource];
    return text === undefined ? [] : [{ bound, text, nanos: parseQuantity(text) ?? 0n }];
  });
  return given.slice(1).flatMap((upper, index) => {
    const lower = given[index];
    if (lower === undefined || lower.nanos <= upper.nanos) return [];
    const message = `${lower.text} is more than ${upper.bound} ${upper.text}: lower it, or raise ${upper.bound}`;
    return [{ field: `${field}.${lower.bound}.${resource}`, message }];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
