import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

interface Route {
  pattern: RegExp;
  methods: Record<string, Operation>;
}

interface Answered {
  method: string;
  path: string;
  status: number;
  contentType: string;
  body: unknown;
}

const document = parse(readFileSync(path.resolve(import.meta.dirname, '../../openapi/archon.yaml'), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
  components: object;
};
// Unknown keywords are OpenAPI's own (example, discriminator); formats say nothing that a test would miss.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
const routes: Route[] = Object.entries(document.paths).map(([template, methods]) => ({
  pattern: new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
  methods,
}));
const validators = new Map<object, ValidateFunction>();

/** Throws when an answer of one of Archon's own routes is not what the OpenAPI document promises: an unknown status, or another shape. */
export function checkContract({ method, path: url, status, contentType, body }: Answered): void {
  const plain = (url.split('?')[0] ?? '').replace(/^\/api-gateway/, '');
  const operation = routes.find(({ pattern }) => pattern.test(plain))?.methods[method.toLowerCase()];
  if (operation === undefined) return; // proxied to a cluster, or unknown
  const promised = operation.responses[String(status)];
  if (promised === undefined) throw new Error(`${method} ${plain} answered ${status}, which the OpenAPI document does not name`);
  const schema = promised.content?.[contentType.split(';')[0] ?? '']?.schema;
  if (schema === undefined || body === undefined) return;
  const validate = validators.get(schema) ?? compile(schema);
  validators.set(schema, validate);
  if (!validate(body))
    throw new Error(
      `${method} ${plain} answered ${status} with a body that does not fit the OpenAPI document: ${ajv.errorsText(validate.errors)}`,
    );
}

const compile = (schema: object): ValidateFunction => ajv.compile({ ...schema, components: document.components });
