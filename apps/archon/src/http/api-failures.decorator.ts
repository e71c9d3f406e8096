import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

const MEANINGS = {
  400: 'The request could not be read: the message says where',
  401: 'No valid bearer token',
  403: 'Not allowed, by Archon or by the cluster',
  404: 'Not found',
  405: 'The path does not answer this method, or can not be watched',
  409: 'In conflict with what exists or is going on',
  410: 'The list that is continued, or the version that is watched from, is too old: begin again',
  413: 'The request body is too large',
  415: 'The media type is not supported',
  422: 'The content is invalid: details.causes names each field',
  429: 'Too many requests, or too many failed logins: Retry-After says when to come back',
  503: 'The cluster, or the database, is unavailable',
  504: 'The cluster did not answer in time, or a list takes too long',
} as const;

/** Documents failures; each is a Kubernetes `Status`. */
export const ApiFailures = (...codes: (keyof typeof MEANINGS)[]) =>
  applyDecorators(
    ...codes.map((code) =>
      ApiResponse({
        status: code,
        description: MEANINGS[code],
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Status' } } },
      }),
    ),
  );
