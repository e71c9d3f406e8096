import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Matches, MaxLength } from 'class-validator';

const DNS_LABEL = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

const isDnsLabel = (options: { each?: boolean } = {}) =>
  applyDecorators(
    MaxLength(63, { ...options, message: 'must have at most 63 characters' }),
    Matches(new RegExp(DNS_LABEL), {
      ...options,
      message: 'must consist of lower-case letters, digits and "-", and begin and end with a letter or digit',
    }),
  );

/** A DNS label (RFC 1123): lower-case letters, digits and "-", at most 63 characters. */
export const KubernetesName = () => applyDecorators(ApiProperty({ pattern: DNS_LABEL, maxLength: 63 }), isDnsLabel());

/** A list of them. */
export const KubernetesNames = () => isDnsLabel({ each: true });
