import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.js';
import { formatQuantity, parseQuantity, quantityText } from './quantity.js';

const ONE = 10n ** 9n;
const MAX_INT64 = 2n ** 63n - 1n;

describe('parseQuantity', () => {
  it.each<[string, bigint]>([
    ['0', 0n],
    ['00', 0n],
    ['-0', 0n],
    ['0n', 0n],
    ['0Ki', 0n],
    ['0e3', 0n],
    ['0.000', 0n],
    ['1', ONE],
    ['+1', ONE],
    ['-1', -ONE],
    ['007', 7n * ONE],
    ['1.', ONE],
    ['.5', ONE / 2n],
    ['1.G', 10n ** 18n],
    // Binary suffixes
    ['1Ki', 1024n * ONE],
    ['7Mi', 7n * 1024n ** 2n * ONE],
    ['6Gi', 6n * 1024n ** 3n * ONE],
    ['5Ti', 5n * 1024n ** 4n * ONE],
    ['4Pi', 4n * 1024n ** 5n * ONE],
    ['3Ei', 3n * 1024n ** 6n * ONE],
    ['-2Ki', -2048n * ONE],
    ['0.5Mi', 524_288n * ONE],
    ['100.035Ki', 102_435_840_000_000n],
    ['0.05Gi', 53_687_091_200_000_000n],
    ['0.025Ti', 27_487_790_694_400_000_000n],
    // Decimal suffixes
    ['5n', 5n],
    ['4u', 4_000n],
    ['3m', 3_000_000n],
    ['8k', 8_000n * ONE],
    ['7M', 7n * 10n ** 6n * ONE],
    ['6G', 6n * 10n ** 9n * ONE],
    ['5T', 5n * 10n ** 12n * ONE],
    ['2P', 2n * 10n ** 15n * ONE],
    ['1E', 10n ** 18n * ONE],
    ['12E', 12n * 10n ** 18n * ONE],
    ['100.035k', 100_035n * ONE],
    ['0.00050k', ONE / 2n],
    ['1.01E', 101n * 10n ** 16n * ONE],
    // Exponents
    ['1e0', ONE],
    ['1E3', 1_000n * ONE],
    ['1e+3', 1_000n * ONE],
    ['1E-3', 1_000_000n],
    ['0.5e-2', 5_000_000n],
    ['1.40e9', 14n * 10n ** 8n * ONE],
    ['1.7E18', 17n * 10n ** 17n * ONE],
    ['1e100', 10n ** 109n],
    // Rounding away from zero below a billionth
    ['3.001n', 4n],
    ['1.1E-9', 2n],
    ['0.0000000001', 1n],
    ['-0.0000000001', -1n],
    ['0.9n', 1n],
    ['1e-5000', 1n],
    ['0.00000012345', 124n],
    ['0.00000012354', 124n],
    ['-0.00000012345', -124n],
    ['0.000000000001Ki', 2n],
    // Only binary suffixes are capped
    ['7Ei', 7n * 1024n ** 6n * ONE],
    ['8Ei', MAX_INT64 * ONE],
    ['9Ei', MAX_INT64 * ONE],
    ['-9Ei', -MAX_INT64 * ONE],
    ['9223372036854775807Ki', MAX_INT64 * ONE],
    ['9223372036854775808', (MAX_INT64 + 1n) * ONE],
  ])('reads %s', (text, nanos) => {
    expect(parseQuantity(text)).toBe(nanos);
  });

  it.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '.',
    '+',
    '-',
    'Ki',
    'm',
    'e3',
    '--1',
    '1.1.M',
    '1+1.0M',
    '1,5',
    '0.1mi',
    '0.1am',
    'aoeu',
    '.5i',
    '1i',
    '1K',
    '1ki',
    '1mi',
    '1g',
    '1Mb',
    '1m3',
    '1Kii',
    '-3.01e-',
    '1e',
    '1e1.5',
    '1e3m',
    '1Ee3',
    '0x10',
    '1_000',
    '٣',
    'NaN',
    'Infinity',
    '1e1001',
    '1e999999999',
    '9'.repeat(1001),
  ])('refuses %j', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});

describe('quantityText', () => {
  it.each<[string, string | undefined]>([
    ['2', '2'],
    ['1.50', '1.50'],
    ['9007199254740993', '9007199254740993'],
    ['"2Gi"', '2Gi'],
    ['null', undefined],
    ['true', undefined],
    ['["1"]', undefined],
    ['{"rawJSON":"1"}', undefined],
  ])('of the JSON %s', (json, text) => {
    expect(quantityText(parseJson(json))).toBe(text);
  });
});

describe('formatQuantity', () => {
  it.each([
    ['1024Mi', '1Gi'],
    ['307200Ki', '300Mi'],
    ['1025024Mi', '1001Gi'],
    ['1024Gi', '1Ti'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.9765625Ki', '1k'],
    ['1000Ki', '1000Ki'],
    ['1.0009765625Ki', '1025'],
    ['100.035Ki', '102435840m'],
    ['8Ei', '9223372036854775807'],
    ['4Ei', '4Ei'],
    ['-1024Ki', '-1Mi'],
    ['5000m', '5'],
    ['0.5', '500m'],
    ['1.08', '1080m'],
    ['1080000000n', '1080m'],
    ['1000M', '1G'],
    ['0.001T', '1G'],
    ['1234567M', '1234567M'],
    ['1024', '1024'],
    ['1500', '1500'],
    ['3000', '3k'],
    ['1000E', '1000E'],
    ['1000u', '1m'],
    ['-2500m', '-2500m'],
    ['.001e12', '1e9'],
    ['0.001e0', '1e-3'],
    ['1000e-12', '1e-9'],
    ['80e-3', '80e-3'],
    ['5e0', '5'],
    ['12e20', '1200e18'],
    ['1e21', '1e21'],
    ['0Gi', '0'],
    ['00', '0'],
    ['0e9', '0'],
  ])('writes %s as %s', (text, canonical) => {
    expect(formatQuantity(parseQuantity(text) ?? -1n, text)).toBe(canonical);
  });

  it('writes decimal suffixes when nothing says otherwise, and binary ones never for what they would change', () => {
    expect(formatQuantity(1024n ** 3n * ONE)).toBe('1073741824');
    expect(formatQuantity(1536n * ONE + 1n, '1Gi')).toBe('1536000000001n');
    expect(formatQuantity((MAX_INT64 + 1n) * ONE, '1Gi')).toBe('9223372036854775808');
  });
});

const nanos = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
const like = fc.constantFrom('1', '1m', '1k', '1Ki', '1Gi', '1e3', '1E-6');
const inRange = fc.bigInt({ min: 0n, max: 10n ** 15n });

describe('quantities', () => {
  it('come back from their text unchanged, in every family of suffixes', () => {
    fc.assert(fc.property(nanos, like, (amount, family) => parseQuantity(formatQuantity(amount, family)) === amount));
  });

  it('have one canonical text per family', () => {
    fc.assert(
      fc.property(nanos, like, (amount, family) => {
        const text = formatQuantity(amount, family);
        return formatQuantity(parseQuantity(text) ?? 0n, family) === text;
      }),
    );
  });

  it('are ordered as the numbers they say', () => {
    fc.assert(
      fc.property(inRange, inRange, (a, b) => {
        const [low, high] = [parseQuantity(`${a < b ? a : b}m`), parseQuantity(`${a < b ? b : a}m`)];
        return low !== undefined && high !== undefined && (a === b ? low === high : low < high);
      }),
    );
  });

  it('add up as the numbers they say', () => {
    fc.assert(
      fc.property(inRange, inRange, fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G'), (a, b, suffix) => {
        const sum = (parseQuantity(`${a}${suffix}`) ?? 0n) + (parseQuantity(`${b}${suffix}`) ?? 0n);
        return sum === parseQuantity(`${a + b}${suffix}`) && parseQuantity(formatQuantity(sum)) === sum;
      }),
    );
  });

  it('grow by 1024 from one binary suffix to the next and by 1000 from one decimal suffix to the next', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 7n }), fc.nat(4), (amount, step) => {
        const [binary, decimal] = [
          ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'],
          ['k', 'M', 'G', 'T', 'P', 'E'],
        ].map((suffixes) => [parseQuantity(`${amount}${suffixes[step]}`) ?? 0n, parseQuantity(`${amount}${suffixes[step + 1]}`) ?? 0n]);
        return binary?.[1] === 1024n * (binary?.[0] ?? 0n) && decimal?.[1] === 1000n * (decimal?.[0] ?? 0n);
      }),
    );
  });

  it('answer any text without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+.0-9eEinumkKMGTP]{0,12}$/)), (text) => {
        const amount = parseQuantity(text);
        return amount === undefined || typeof amount === 'bigint';
      }),
    );
  });
});
