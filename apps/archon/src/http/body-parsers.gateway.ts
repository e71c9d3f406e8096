import type { FastifyInstance } from 'fastify';
import { ApiError, unauthorized } from '#errors';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import { parseJsonDocument } from './json-document.js';
import { parseYamlDocuments } from './manifest-documents.js';

const JSON_TYPES = [
  'application/json',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
];
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'application/apply-patch+yaml'];

export const ACCEPTED_MEDIA_TYPES = [...JSON_TYPES, ...YAML_TYPES];

/** The documents of a YAML body. JSON bodies arrive as what they hold. */
export class YamlDocuments {
  constructor(readonly documents: unknown[]) {}
}

/** Every body is read by our own strict parsers; no other media type is taken. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const register = (types: string[], parse: (text: string) => unknown) =>
    fastify.addContentTypeParser(types, { parseAs: 'string' }, (request: AuthenticatedRequest, text, done) => {
      try {
        // Reading costs CPU time: nobody unknown gets any.
        if (request.principal === undefined) throw request.authenticationFailure ?? unauthorized();
        done(null, text === '' ? undefined : parse(String(text)));
      } catch (error) {
        // Fastify reads the status code off the error.
        done(Object.assign(error as Error, { statusCode: error instanceof ApiError ? error.code : 500 }));
      }
    });
  register(JSON_TYPES, parseJsonDocument);
  register(YAML_TYPES, (text) => new YamlDocuments(parseYamlDocuments(text)));
}
