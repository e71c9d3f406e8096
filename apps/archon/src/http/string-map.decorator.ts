import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

const MAX_ENTRIES = 100;
const MAX_VALUE = 4096;

/** Labels or annotations: at most 100 texts by name. */
export const IsStringMap = () =>
  applyDecorators(
    ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }),
    ValidateBy({
      name: 'isStringMap',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'object' &&
          value !== null &&
          !Array.isArray(value) &&
          Object.keys(value).length <= MAX_ENTRIES &&
          Object.values(value).every((text) => typeof text === 'string' && text.length <= MAX_VALUE),
        defaultMessage: () => `must be a map of at most ${MAX_ENTRIES} texts of at most ${MAX_VALUE} characters`,
      },
    }),
  );
