import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/allow.decorator.js';
import { TakesAnonymousBody } from '../http/anonymous-body.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { SentBy } from '../http/sent-by.decorator.js';
import type { Client } from '../http/client.js';
import { SessionTokensResponse, TokenRequest } from './sessions.dto.js';
import { TokenGrants } from './token-grants.service.js';

@ApiTags('sessions')
@Controller('auth/v1/token')
export class TokenController {
  constructor(private readonly grants: TokenGrants) {}

  /** The token endpoint of OAuth 2 (RFC 6749): exchanges a refresh token, or another proof, for tokens. */
  @Post()
  @HttpCode(200)
  @Public('what is sent is itself the proof: a refresh token, a code, a token of a registered issuer')
  @TakesAnonymousBody({ form: true })
  @ApiOperation({ operationId: 'exchangeToken', security: [] })
  @ApiConsumes('application/x-www-form-urlencoded', 'application/json')
  @ApiBody({ type: TokenRequest })
  @ApiResponse({ status: 200, type: SessionTokensResponse })
  @ApiFailures(400, 401, 413, 415, 429)
  exchange(@Body() body: unknown, @SentBy() client: Client): Promise<SessionTokensResponse> {
    return this.grants.exchange(body, client);
  }
}
