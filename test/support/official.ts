import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import type { ClientResponse } from './http-client.js';

interface Operation {
  responses: Record<string, { schema?: object }>;
}

/** A document of the official API (Swagger 2), as it was published. */
export class OfficialApi {
  private readonly document: { definitions: Record<string, object>; paths: Record<string, Record<string, Operation>> };
  private readonly ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });

  constructor(name: string) {
    const file = path.join(import.meta.dirname, '../fixtures/official', `${name}.json`);
    this.document = JSON.parse(readFileSync(file, 'utf8')) as typeof this.document;
  }

  /** Throws unless the answer of an operation has a status that the document names, and a body that fits its schema. */
  check(method: string, template: string, { status, body, text }: ClientResponse<unknown>): void {
    const operation = this.document.paths[template]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`${method} ${template} is no official operation`);
    const promised = operation.responses[String(status)];
    if (promised === undefined) throw new Error(`${method} ${template} answered ${status}: ${text}`);
    if (promised.schema === undefined) return;
    const validate = this.ajv.compile({ ...promised.schema, definitions: this.document.definitions });
    if (!validate(body)) throw new Error(`${method} ${template}: ${this.ajv.errorsText(validate.errors)} in ${text}`);
  }
}
