import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ApiError, unauthorized, unsupportedMediaType } from '#errors';
import type { AuthenticatedRequest } from '../auth/caller.decorator.js';
import { ANONYMOUS_BODY_BYTES } from './anonymous-body.decorator.js';
import { BodyReader } from './body-reader.gateway.js';
import { parseForm } from './form-body.js';
import type { BodyFormat } from './read-body.js';

const JSON_TYPES = [
  'application/json',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
];
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'application/apply-patch+yaml'];
const FORM_TYPE = 'application/x-www-form-urlencoded';

export const ACCEPTED_MEDIA_TYPES = [...JSON_TYPES, ...YAML_TYPES];

/** Every body is read by our own strict parsers; no other media type is taken. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  const reader = new BodyReader();
  fastify.removeAllContentTypeParsers();
  fastify.addHook('onRoute', (route) => {
    if (route.config?.anonymousBody !== undefined) route.bodyLimit = ANONYMOUS_BODY_BYTES;
  });
  // A request without a body has ended before anybody listens (Node's `optimizeEmptyRequests`), also one that names a media type.
  fastify.addHook('preParsing', (_request, _reply, payload, done) =>
    done(null, 'readableEnded' in payload && payload.readableEnded ? Readable.from([]) : payload),
  );
  const register = (types: string[], read: (request: AuthenticatedRequest, text: string) => unknown) =>
    fastify.addContentTypeParser(types, { parseAs: 'string' }, async (request: AuthenticatedRequest, text: string) => {
      try {
        return await read(request, text);
      } catch (error) {
        // Fastify reads the status code off the error.
        throw Object.assign(error as Error, { statusCode: error instanceof ApiError ? error.code : 500 });
      }
    });
  const readAs = (format: BodyFormat) => (request: AuthenticatedRequest, text: string) => {
    // Reading costs CPU time: nobody unknown gets any, but for a little JSON where a route is made for it.
    const isForAnybody = format === 'json' && anonymousBodyOf(request) !== undefined;
    if (request.principal === undefined && !isForAnybody) throw request.authenticationFailure ?? unauthorized();
    return reader.read(format, text);
  };
  register(JSON_TYPES, readAs('json'));
  register(YAML_TYPES, readAs('yaml'));
  register([FORM_TYPE], (request, text) => {
    const anonymousBody = anonymousBodyOf(request);
    if (anonymousBody?.form === true) return parseForm(text);
    if (request.principal === undefined && anonymousBody === undefined) throw request.authenticationFailure ?? unauthorized();
    throw unsupportedMediaType(FORM_TYPE, ACCEPTED_MEDIA_TYPES);
  });
  fastify.addHook('onClose', () => reader.close());
}

const anonymousBodyOf = (request: AuthenticatedRequest) => request.routeOptions.config.anonymousBody;
