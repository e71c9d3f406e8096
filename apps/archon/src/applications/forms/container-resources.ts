import type { StatusCause } from '#errors';
import { formatQuantity, isQualifiedName, parseQuantity, quantityText } from '#kubernetes';
import { type ExtendedResource, gpuCauses } from '../../quotas/extended-resources.js';
import { gpuUnitOfResource, refusedGpuAmount } from '../../quotas/gpu-units.js';
import { extendedResourceOf } from '../../quotas/quota-names.js';
import type { ResourcesForm } from './container-form.dto.js';
import { type Limited, LIMITED_RESOURCES, type NamespaceLimits } from './namespace-limits.js';

const ONE = 10n ** 9n;
/** The smallest amounts that Kubernetes counts, in billionths: a thousandth of a CPU, a byte. */
const UNITS: Record<Limited, bigint> = { cpu: ONE / 1_000n, memory: ONE };

/** What a form says of the resources of one container. */
interface Asked {
  resources?: ResourcesForm | undefined;
  extendedResources?: Record<string, unknown> | undefined;
}

interface Offer {
  cluster: string;
  limits: NamespaceLimits;
  extendedResources: readonly ExtendedResource[];
}

/**
 * The `resources` of a container (APP-2). With an over-commit ratio the request is the limit, or the namespace's default limit, divided by
 * it, rounded up to a thousandth of a CPU or a byte; without, it is what the form says. Extended resources are limits.
 */
export function containerResources(
  { resources = {}, extendedResources = {} }: Asked,
  { ratio, limit: defaults }: NamespaceLimits,
): { requests?: Record<string, string>; limits?: Record<string, string> } {
  const limits: Record<string, string> = {};
  const requests: Record<string, string> = {};
  for (const resource of LIMITED_RESOURCES) {
    const divisor = ratio[resource];
    const limit = resources.limits?.[resource] ?? (divisor === undefined ? undefined : defaults[resource]);
    const request = divisor === undefined ? resources.requests?.[resource] : limit && requestOf(resource, limit, divisor);
    if (limit !== undefined) limits[resource] = limit;
    if (request !== undefined) requests[resource] = request;
  }
  for (const [name, amount] of Object.entries(extendedResources)) limits[name] = quantityText(amount) ?? '';
  return { ...(isEmpty(requests) ? {} : { requests }), ...(isEmpty(limits) ? {} : { limits }) };
}

/** What is wrong with them; `at` is the path of the container. */
export function resourceCauses(at: string, { resources = {}, extendedResources = {} }: Asked, offer: Offer): StatusCause[] {
  return [
    ...LIMITED_RESOURCES.flatMap((resource) => limitedCauses(`${at}.resources`, resource, resources, offer.limits)),
    ...extendedCauses(`${at}.extendedResources`, extendedResources, offer),
  ];
}

function requestOf(resource: Limited, limit: string, ratio: number): string {
  const [nanos, unit] = [nanosOf(limit), UNITS[resource]];
  const divisor = BigInt(ratio) * unit;
  const units = (nanos + divisor - 1n) / divisor;
  const request = units * unit;
  return formatQuantity(request < nanos ? request : nanos, limit);
}

function limitedCauses(at: string, resource: Limited, { requests, limits }: ResourcesForm, namespace: NamespaceLimits): StatusCause[] {
  const [request, limit, max, ratio] = [requests?.[resource], limits?.[resource], namespace.max[resource], namespace.ratio[resource]];
  const causes: StatusCause[] = [];
  if (isMore(limit, max)) causes.push({ field: `${at}.limits.${resource}`, message: tooMuch(limit, max) });
  if (request === undefined) return causes;
  const field = `${at}.requests.${resource}`;
  const message =
    ratio === undefined
      ? refusedRequest(request, limit, namespace.limit[resource], max)
      : `can not be given: the namespace has an over-commit ratio of ${ratio}, by which the limit is divided. Leave it out, and set the limit`;
  if (message !== undefined) causes.push({ field, message });
  return causes;
}

function refusedRequest(request: string, limit: string | undefined, defaultLimit: string | undefined, max: string | undefined) {
  if (isMore(request, limit)) return `${request} is more than the limit ${limit}: lower it, or raise the limit`;
  if (limit === undefined && isMore(request, defaultLimit))
    return `${request} is more than ${defaultLimit}, the limit that the namespace gives a container without one: lower it, or set a limit`;
  return isMore(request, max) ? tooMuch(request, max) : undefined;
}

const tooMuch = (amount: string | undefined, max: string | undefined): string =>
  `${amount} is more than ${max}, the most that the namespace allows a container: lower it`;

function extendedCauses(at: string, amounts: Readonly<Record<string, unknown>>, offer: Offer): StatusCause[] {
  const wrong = Object.entries(amounts).flatMap(([name, amount]) => {
    const message = refusedExtended(name, quantityText(amount));
    return message === undefined ? [] : [{ field: `${at}[${name}]`, message }];
  });
  return wrong.length > 0 ? wrong : gpuCauses(at, offer.cluster, amounts as Record<string, string>, offer.extendedResources);
}

function refusedExtended(name: string, text: string | undefined): string | undefined {
  if (!isQualifiedName(name) || extendedResourceOf(name) !== name)
    return 'is no extended resource: these have a domain that is not of Kubernetes, such as nvidia.com/gpu';
  const nanos = text === undefined ? undefined : parseQuantity(text);
  if (text === undefined || nanos === undefined || nanos < 0n) return 'must be a whole number of at least 0, such as 1';
  const unit = gpuUnitOfResource(name);
  const refused = unit && refusedGpuAmount(unit, text, nanos);
  return refused ?? (nanos % ONE === 0n ? undefined : `counts whole things, and ${text} is not a whole number`);
}

const isMore = (amount: string | undefined, bound: string | undefined): boolean =>
  amount !== undefined && bound !== undefined && nanosOf(amount) > nanosOf(bound);

/** The form and the API server have checked it. */
function nanosOf(text: string): bigint {
  const nanos = parseQuantity(text);
  if (nanos === undefined) throw new Error(`"${text}" is not a quantity`);
  return nanos;
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;
