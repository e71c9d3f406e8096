import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { documentsOf, listedDocuments } from './read-body.js';

/**
 * The documents of the request body: those of a YAML, or the one of a JSON. Of a `list` the items, where 400 is thrown for a JSON that lists
 * nothing.
 */
export const Documents = createParamDecorator((shape: 'list' | undefined, context: ExecutionContext): unknown[] => {
  const { body } = context.switchToHttp().getRequest<FastifyRequest>();
  return shape === 'list' ? listedDocuments(body) : documentsOf(body);
});
