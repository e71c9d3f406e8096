import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { AccessTokenListResponse, AccessTokenRequest, CreatedAccessTokenResponse } from './tokens.dto.js';
import { TokensService } from './tokens.service.js';

@ApiTags('tokens')
@Controller('auth/v1/accesstoken')
@Allow('authenticated')
@ApiFailures(401)
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  /** Makes an API token; its text is in this answer and nowhere else. */
  @Post()
  @ApiOperation({ operationId: 'createAccessToken' })
  @ApiFailures(400, 403, 413, 415, 422)
  create(@Caller() caller: Principal, @Body() request: AccessTokenRequest): Promise<CreatedAccessTokenResponse> {
    return this.tokens.create(caller, request);
  }

  /** Lists the caller's tokens, or everybody's for an administrator. */
  @Get()
  @ApiOperation({ operationId: 'listAccessTokens' })
  list(@Caller() caller: Principal): Promise<AccessTokenListResponse> {
    return this.tokens.list(caller);
  }

  /** Revokes a token. */
  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'revokeAccessToken' })
  @ApiFailures(404)
  revoke(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.tokens.revoke(caller, id);
  }
}
