import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/allow.decorator.js';
import { TakesAnonymousBody } from '../http/anonymous-body.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { LoginService } from './login.service.js';
import { SentBy } from '../http/sent-by.decorator.js';
import type { Client } from '../http/client.js';
import { LoginRequest, SessionTokensResponse } from './sessions.dto.js';

@ApiTags('sessions')
@Controller('auth/v1/login')
export class LoginController {
  constructor(private readonly logins: LoginService) {}

  /** Begins a session of a local user; with `newPassword` after changing the password. */
  @Post()
  @HttpCode(200)
  @Public('whoever logs in has nothing yet but name and password')
  @TakesAnonymousBody()
  @ApiOperation({ operationId: 'login', security: [] })
  @ApiConsumes('application/json')
  @ApiFailures(400, 401, 403, 413, 415, 422, 429)
  login(@Body() request: LoginRequest, @SentBy() client: Client): Promise<SessionTokensResponse> {
    return this.logins.login(request, client);
  }
}
