import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { SearchListResponse, SearchTableResponse } from './search.dto.js';

/** Describes the answers of a list: itself, as a Table, and that it has not changed. */
export const ApiListAnswers = (): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(SearchListResponse, SearchTableResponse),
    ApiOkResponse({
      description: 'A list, or a Table',
      schema: { oneOf: [SearchListResponse, SearchTableResponse].map((model) => ({ $ref: getSchemaPath(model) })) },
    }),
    ApiResponse({ status: 304, description: 'Nothing that the list shows has changed since the answer whose ETag is in If-None-Match' }),
  );
