import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';
import { isLabelValue, isQualifiedName } from '#kubernetes';

const MAX_ENTRIES = 100;
/** Of all annotations of an object, as in Kubernetes. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

const isTextMap = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length <= MAX_ENTRIES &&
  Object.values(value).every((text) => typeof text === 'string');

const map = (name: string, validate: (value: unknown) => boolean, message: string) =>
  applyDecorators(
    ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }),
    ValidateBy({ name, validator: { validate, defaultMessage: () => message } }),
  );

/** Labels with names and values as Kubernetes takes them. */
export const IsLabels = () =>
  map(
    'isLabels',
    (value) => isTextMap(value) && Object.entries(value).every(([name, text]) => isQualifiedName(name) && isLabelValue(text)),
    `must be a map of at most ${MAX_ENTRIES} labels: names such as "example.org/tier", values of at most 63 letters, digits, "-", "_" and "."`,
  );

/** Annotations with names as Kubernetes takes them. */
export const IsAnnotations = () =>
  map(
    'isAnnotations',
    (value) =>
      isTextMap(value) &&
      Object.keys(value).every((name) => isQualifiedName(name.toLowerCase())) &&
      Object.entries(value).reduce((bytes, entry) => bytes + Buffer.byteLength(entry.join('')), 0) <= MAX_ANNOTATION_BYTES,
    `must be a map of at most ${MAX_ENTRIES} annotations of ${MAX_ANNOTATION_BYTES} bytes in all, with names such as "example.org/contact"`,
  );
