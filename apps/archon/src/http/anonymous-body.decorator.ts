import { RouteConfig } from '@nestjs/platform-fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route takes from whom nobody knows yet; absent: no body. */
    anonymousBody?: { form: boolean };
  }
}

/** Bodies of public routes may have this many bytes. */
export const ANONYMOUS_BODY_BYTES = 64 * 1024;

/** A public route that takes a body: a small one, as JSON, or with `form` also URL-encoded (what RFC 6749 demands of a token endpoint). */
export const TakesAnonymousBody = ({ form = false } = {}) => RouteConfig({ anonymousBody: { form } });
