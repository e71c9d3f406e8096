import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import {
  AccessTokenListResponse,
  AccessTokenRequest,
  AccessTokenResponse,
  CreatedAccessTokenResponse,
  ListAccessTokensQuery,
  RevokeAccessTokensQuery,
  RevokedAccessTokensResponse,
  RotateAccessTokenRequest,
} from './tokens.dto.js';
import { TokensService } from './tokens.service.js';

@ApiTags('tokens')
@Controller('auth/v1/accesstoken')
@Allow('authenticated')
@ApiFailures(401, 403)
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  /** Makes an API token; its text is in this answer and nowhere else. */
  @Post()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'createAccessToken' })
  @ApiFailures(400, 413, 415, 422)
  create(@Caller() caller: Principal, @Body() request: AccessTokenRequest): Promise<CreatedAccessTokenResponse> {
    return this.tokens.create(caller, request);
  }

  /** Lists the caller's tokens, or everybody's for administrators and auditors, newest first. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listAccessTokens' })
  @ApiFailures(400, 422)
  list(@Caller() caller: Principal, @Query() query: ListAccessTokensQuery): Promise<AccessTokenListResponse> {
    return this.tokens.list(caller, query);
  }

  /** Revokes all tokens of a user, the one of the request among them if it is the user's. */
  @Delete()
  @ApiOperation({ operationId: 'revokeAccessTokens' })
  @ApiFailures(422)
  revokeAll(@Caller() caller: Principal, @Query() { user }: RevokeAccessTokensQuery): Promise<RevokedAccessTokensResponse> {
    return this.tokens.revokeAll(caller, user);
  }

  /** Gets a token, without its text. */
  @Get(':id')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'getAccessToken' })
  @ApiFailures(404)
  get(@Caller() caller: Principal, @Param('id') id: string): Promise<AccessTokenResponse> {
    return this.tokens.get(caller, id);
  }

  /** Makes a token of the same user and scope in the place of an old one, which ends when the overlap is over. */
  @Post(':id/rotate')
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'rotateAccessToken' })
  @ApiFailures(400, 404, 409, 413, 415, 422)
  rotate(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() request: RotateAccessTokenRequest,
  ): Promise<CreatedAccessTokenResponse> {
    return this.tokens.rotate(caller, id, request);
  }

  /** Revokes a token. */
  @Delete(':id')
  @HttpCode(204)
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'revokeAccessToken' })
  @ApiFailures(404)
  revoke(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.tokens.revoke(caller, id);
  }
}
