import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiExtraModels, getSchemaPath } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { APPLICATION_EXAMPLE, APPLICATION_YAML_EXAMPLE } from './application-examples.js';
import { ApplicationForm } from './forms/application-form.dto.js';
import { APPLICATION_FORM_EXAMPLE } from './forms/form-examples.js';

const DESCRIPTION = `YAML may also hold the Application and its components as documents of their own:\n\n\`\`\`yaml\n${APPLICATION_YAML_EXAMPLE}\`\`\``;
const EXAMPLES = { application: { summary: 'An Application with its components', value: APPLICATION_EXAMPLE } };

/** Media type of the request body, without parameters. */
export const MediaType = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
});

/** Documents the body of a replace: an Application as JSON, or YAML of one or many documents. */
export const ApiApplicationBody = () => documented({ $ref: '#/components/schemas/Application' }, EXAMPLES);

/** Documents the body of a create: the same, or with `from=form` a form. */
export const ApiCreateApplicationBody = () =>
  applyDecorators(
    ApiExtraModels(ApplicationForm),
    documented(
      { anyOf: [{ $ref: getSchemaPath(ApplicationForm) }, { $ref: '#/components/schemas/Application' }] },
      { ...EXAMPLES, form: { summary: 'A form, with from=form', value: APPLICATION_FORM_EXAMPLE } },
    ),
  );

const documented = (schema: object, examples: Record<string, { summary: string; value: object }>) =>
  applyDecorators(
    ApiConsumes('application/json', 'application/yaml'),
    ApiBody({ required: true, description: DESCRIPTION, schema, examples }),
  );
