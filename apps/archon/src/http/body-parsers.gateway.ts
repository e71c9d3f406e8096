import type { FastifyInstance } from 'fastify';
import { ApiError, unauthorized } from '#errors';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import { BodyReader } from './body-reader.gateway.js';
import type { BodyFormat } from './read-body.js';

const JSON_TYPES = [
  'application/json',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
];
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'application/apply-patch+yaml'];

export const ACCEPTED_MEDIA_TYPES = [...JSON_TYPES, ...YAML_TYPES];

/** Every body is read by our own strict parsers; no other media type is taken. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  const reader = new BodyReader();
  fastify.removeAllContentTypeParsers();
  const register = (types: string[], format: BodyFormat) =>
    fastify.addContentTypeParser(types, { parseAs: 'string' }, async (request: AuthenticatedRequest, text: string) => {
      try {
        // Reading costs CPU time: nobody unknown gets any.
        if (request.principal === undefined) throw request.authenticationFailure ?? unauthorized();
        return await reader.read(format, text);
      } catch (error) {
        // Fastify reads the status code off the error.
        throw Object.assign(error as Error, { statusCode: error instanceof ApiError ? error.code : 500 });
      }
    });
  register(JSON_TYPES, 'json');
  register(YAML_TYPES, 'yaml');
  fastify.addHook('onClose', () => reader.close());
}
