import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { APPLICATION_EXAMPLE, APPLICATION_YAML_EXAMPLE } from './application-examples.js';

/** Media type of the request body, without parameters. */
export const MediaType = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
});

/** Documents the body of a create or replace: an Application as JSON, or YAML of one or many documents. */
export const ApiApplicationBody = () =>
  applyDecorators(
    ApiConsumes('application/json', 'application/yaml'),
    ApiBody({
      required: true,
      description: `YAML may also hold the Application and its components as documents of their own:\n\n\`\`\`yaml\n${APPLICATION_YAML_EXAMPLE}\`\`\``,
      schema: { $ref: '#/components/schemas/Application' },
      examples: { application: { summary: 'An Application with its components', value: APPLICATION_EXAMPLE } },
    }),
  );
