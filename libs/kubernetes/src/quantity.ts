import { numberSource } from './json.js';

const NANO_DIGITS = 9;
/** No amount of anything needs more; without a bound, `1e999999999` would be a gigabyte of digits. */
const MAX_DIGITS = 1_000;
/** Kubernetes caps amounts with a binary suffix at the largest 64-bit integer. */
const MAX_BINARY = (2n ** 63n - 1n) * 10n ** 9n;
const ONE = 10n ** 9n;
const KIBI = 1024n;

const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;
const DECIMAL_EXPONENTS: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const DECIMAL_SUFFIXES = new Map(Object.entries(DECIMAL_EXPONENTS).map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const LARGEST_DECIMAL_EXPONENT = 18;

type Family = 'binary' | 'decimal' | 'exponent';

/**
 * Reads a Kubernetes quantity as whole billionths, exactly; undefined when it isn't one. As in Kubernetes, what is smaller than a
 * billionth rounds away from zero. Stricter in two points: a number must have a digit (Kubernetes reads `Ki` as 0), and one of more
 * than a thousand digits is no quantity.
 */
export function parseQuantity(text: string): bigint | undefined {
  if (text.length > MAX_DIGITS) return undefined;
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const mantissa = BigInt(whole + fraction);
  if (mantissa === 0n) return 0n;
  const magnitude = suffix.endsWith('i')
    ? binaryMagnitude(mantissa, fraction.length, BINARY_SUFFIXES.indexOf(suffix))
    : scaledMagnitude(mantissa, decimalExponent(suffix) - fraction.length);
  if (magnitude === undefined) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}

/** What may be a quantity in a parsed document, as text: JSON allows numbers too, and they are taken as they were written. */
export const quantityText = (value: unknown): string | undefined => (typeof value === 'string' ? value : numberSource(value));

/**
 * Kubernetes' canonical form: no fraction, the largest suffix that keeps it exact, in the suffixes of `like` (binary, decimal or
 * exponent). What binary suffixes can't say exactly is written in decimal ones.
 */
export function formatQuantity(nanos: bigint, like = ''): string {
  if (nanos === 0n) return '0';
  const family = familyOf(like);
  return family === 'binary' && isBinary(nanos) ? formatBinary(nanos / ONE) : formatDecimal(nanos, family);
}

/** Undefined for an exponent that no amount can have; far below a billionth is a billionth. */
function scaledMagnitude(mantissa: bigint, exponent: number): bigint | undefined {
  if (exponent > MAX_DIGITS) return undefined;
  return scaled(mantissa, Math.max(exponent, -2 * MAX_DIGITS) + NANO_DIGITS);
}

function binaryMagnitude(mantissa: bigint, fractionDigits: number, power: number): bigint {
  const magnitude = scaled(mantissa * KIBI ** BigInt(power), NANO_DIGITS - fractionDigits);
  return magnitude > MAX_BINARY ? MAX_BINARY : magnitude;
}

function scaled(mantissa: bigint, exponent: number): bigint {
  if (exponent >= 0) return mantissa * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (mantissa + divisor - 1n) / divisor;
}

const decimalExponent = (suffix: string): number => DECIMAL_EXPONENTS[suffix] ?? Number(suffix.slice(1));

function familyOf(text: string): Family {
  const suffix = QUANTITY.exec(text)?.[4] ?? '';
  if (suffix.endsWith('i')) return 'binary';
  return suffix in DECIMAL_EXPONENTS ? 'decimal' : 'exponent';
}

/** Whether binary suffixes are used for it: whole, in Kubernetes' range, and not below 1024, where they would only confuse. */
function isBinary(nanos: bigint): boolean {
  const magnitude = nanos < 0n ? -nanos : nanos;
  return magnitude % ONE === 0n && magnitude >= KIBI * ONE && magnitude <= MAX_BINARY;
}

function formatBinary(units: bigint): string {
  let [amount, power] = [units, 0];
  while (amount % KIBI === 0n) [amount, power] = [amount / KIBI, power + 1];
  return `${amount}${BINARY_SUFFIXES[power]}`;
}

function formatDecimal(nanos: bigint, family: Family): string {
  const largest = family === 'exponent' ? Infinity : LARGEST_DECIMAL_EXPONENT;
  let [amount, exponent] = [nanos, -NANO_DIGITS];
  while (amount % 1_000n === 0n && exponent < largest) [amount, exponent] = [amount / 1_000n, exponent + 3];
  if (family === 'exponent') return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
  return `${amount}${DECIMAL_SUFFIXES.get(exponent) ?? ''}`;
}
