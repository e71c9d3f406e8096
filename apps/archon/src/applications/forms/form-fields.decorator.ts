import { applyDecorators, type Type as Class } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { parseQuantity, quantityText } from '#kubernetes';
import { isMapping } from '../../manifests/manifest-objects.js';

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** IANA service names, as Kubernetes takes them for the ports of containers. */
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;
const PERCENT = /^(\d{1,3})%$/;
const MAX_PORT = 65_535;
const PORT_OR_NAME = { oneOf: [{ type: 'integer', minimum: 1, maximum: MAX_PORT }, { type: 'string' }] };

const isPort = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_PORT;

const rule = (name: string, validate: (value: unknown) => boolean, message: string) =>
  ValidateBy({ name, validator: { validate, defaultMessage: () => message } });

/** May be left out, but is not `null`. */
export const IfGiven = () => ValidateIf((_, value) => value !== undefined);

/** An object of its own class. */
export const Nested = (type: () => Class) => applyDecorators(ValidateNested(), IsObject({ message: 'must be an object' }), Type(type));

/** A list of such objects. */
export const NestedList = (type: () => Class, { min = 0, max }: { min?: number; max: number }) =>
  applyDecorators(
    ApiProperty({ type: () => type(), isArray: true, ...(min > 0 ? { minItems: min } : {}), maxItems: max }),
    // A list within the list would be looked through, and pass for an object.
    rule('isListOfObjects', (value) => Array.isArray(value) && value.every(isMapping), 'must be a list of objects'),
    ArrayMinSize(min, { message: `must have at least ${min}` }),
    ArrayMaxSize(max, { message: `must have at most ${max}` }),
    ValidateNested({ each: true }),
    Type(type),
  );

/** A list of texts, none of them empty. */
export const Texts = ({ min = 0, max, matches, message }: { min?: number; max: number; matches?: RegExp; message?: string }) =>
  applyDecorators(
    ApiProperty({ type: [String], ...(min > 0 ? { minItems: min } : {}), maxItems: max }),
    IsArray({ message: 'must be a list of texts' }),
    ArrayMinSize(min, { message: `must have at least ${min}` }),
    ArrayMaxSize(max, { message: `must have at most ${max}` }),
    IsString({ each: true, message: 'must be a list of texts' }),
    Length(1, 32_768, { each: true, message: 'must not hold empty texts' }),
    ...(matches === undefined ? [] : [Matches(matches, { each: true, message: message ?? 'must hold other texts' })]),
  );

/** The name of an object of the namespace. */
export const ObjectName = () =>
  applyDecorators(
    IsString(),
    Length(1, 253, { message: 'must be the name of an object, of at most 253 characters' }),
    Matches(DNS_SUBDOMAIN, {
      message: 'must consist of lower-case letters, digits, "-" and ".", and begin and end with a letter or digit',
    }),
  );

/** Whole, between two bounds. */
export const Whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(
    ApiProperty({ type: 'integer', minimum: min, maximum: max }),
    IsInt({ message }),
    Min(min, { message }),
    Max(max, { message }),
  );
};

export const Port = () => Whole(1, MAX_PORT);

export const PortName = () =>
  applyDecorators(
    IsString(),
    Matches(PORT_NAME, { message: 'must have at most 15 lower-case letters, digits and "-", one letter at least, such as http' }),
  );

/** A port by its number or its name. */
export const PortOrName = () =>
  applyDecorators(
    ApiProperty(PORT_OR_NAME),
    rule(
      'isPortOrName',
      (value) => isPort(value) || (typeof value === 'string' && PORT_NAME.test(value)),
      `must be a number from 1 to ${MAX_PORT}, or the name of a port, such as http`,
    ),
  );

/** So many, or so much of all: `2`, `20%`. */
export const AmountOrPercent = () =>
  applyDecorators(
    ApiProperty({
      oneOf: [
        { type: 'integer', minimum: 0 },
        { type: 'string', pattern: PERCENT.source },
      ],
      required: false,
    }),
    rule(
      'isAmountOrPercent',
      (value) =>
        typeof value === 'string'
          ? Number(PERCENT.exec(value)?.[1] ?? Infinity) <= 100
          : Number.isSafeInteger(value) && (value as number) >= 0,
      'must be a whole number such as 2, or a percentage of at most 100% such as "20%"',
    ),
  );

/** A quantity of at least 0; a number is taken as it was written. */
export const Quantity = (example: string) =>
  applyDecorators(
    ApiProperty({ oneOf: [{ type: 'string' }, { type: 'number' }], example }),
    Transform(({ obj, key }) => quantityText((obj as Record<string, unknown>)[key]) ?? (obj as Record<string, unknown>)[key]),
    rule(
      'isQuantity',
      (value) => typeof value === 'string' && (parseQuantity(value) ?? -1n) >= 0n,
      `must be a quantity of at least 0, such as ${example}`,
    ),
  );

/** A map whose values are looked at later; numbers stay as they were written. */
export const MapAsSent = () =>
  applyDecorators(
    ApiProperty({ type: 'object', additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }] } }),
    Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]),
    IsObject({ message: 'must be a map' }),
  );
