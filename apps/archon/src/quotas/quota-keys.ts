import { invalid, type StatusCause } from '#errors';
import { formatQuantity, parseQuantity, quantityText } from '#kubernetes';
import { gpuUnit, refusedGpuAmount } from './gpu-units.js';
import { isCounted, refusedCustomQuotaName, refusedQuotaName } from './quota-names.js';

const ONE = 10n ** 9n;

/** Quota types with the most of each, as canonical quantities. A type that is left out is not limited. */
export type Hard = Record<string, string>;

/**
 * Reads the `hard` of a quota: known types, types of storage classes (`<class>.storageclass.storage.k8s.io/requests.storage`),
 * extended resources and other names. Throws 422 with one cause per type that can't be taken.
 */
export const readHard = (field: string, hard: Record<string, unknown>): Hard => read(field, hard, refusedQuotaName);

/** Reads quota types that the user has made up: names that have a field of their own are refused. */
export const readCustomHard = (field: string, hard: Record<string, unknown>): Hard => read(field, hard, refusedCustomQuotaName);

function read(field: string, hard: Record<string, unknown>, refusedName: (name: string) => string | undefined): Hard {
  const causes: StatusCause[] = [];
  const amounts = Object.entries(hard).map(([key, value]): [string, string] => {
    const amount = readAmount(key, value, refusedName);
    if (typeof amount === 'string') return [key, amount];
    causes.push({ field: `${field}[${key}]`, message: amount.refused });
    return [key, '0'];
  });
  if (causes.length > 0) throw invalid('the quota', causes);
  return Object.fromEntries(amounts);
}

function readAmount(key: string, value: unknown, refusedName: (name: string) => string | undefined): string | { refused: string } {
  const refused = refusedName(key);
  if (refused !== undefined) return { refused };
  const text = quantityText(value);
  const nanos = text === undefined ? undefined : parseQuantity(text);
  if (text === undefined || nanos === undefined)
    return { refused: 'must be a quantity such as 2, 500m or 4Gi; leave the type out to set no limit' };
  const refusedValue = refusedAmount(key, text, nanos);
  return refusedValue === undefined ? formatQuantity(nanos, text) : { refused: refusedValue };
}

function refusedAmount(key: string, text: string, nanos: bigint): string | undefined {
  if (nanos < 0n) return `must not be negative, and is ${text}`;
  const unit = gpuUnit(key);
  if (unit !== undefined) return refusedGpuAmount(unit, text, nanos);
  return isCounted(key) && nanos % ONE !== 0n ? `counts whole things, and ${text} is not a whole number` : undefined;
}
