import { Controller, Get, Header, Headers, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/allow.decorator.js';
import { entityTagOf, namesTag } from '../http/entity-tag.js';
import { keySetOf } from './key-set.js';
import { JsonWebKeySetResponse } from './signing.dto.js';
import { SigningKeys } from './signing-keys.service.js';

@ApiTags('signing keys')
@Controller('.well-known')
export class KeySetController {
  constructor(private readonly keys: SigningKeys) {}

  /** The public keys with which Archon's tokens can be checked (RFC 7517). Whether a token was revoked they don't tell. */
  @Get('jwks.json')
  @Public('public keys are public')
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({ operationId: 'getKeySet', security: [] })
  @ApiOkResponse({ type: JsonWebKeySetResponse })
  @ApiResponse({ status: 304, description: 'Nothing has changed since the answer whose ETag is in If-None-Match' })
  getKeySet(
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): JsonWebKeySetResponse | undefined {
    const keySet = keySetOf(this.keys.list());
    const tag = entityTagOf(JSON.stringify(keySet));
    void reply.header('etag', tag);
    if (!namesTag(ifNoneMatch, tag)) return keySet;
    void reply.status(304);
    return undefined;
  }
}
