import { Controller, Get, HttpCode, Param, Post, Query, Redirect, Req } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../auth/allow.decorator.js';
import { TakesAnonymousBody } from '../http/anonymous-body.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { OidcLogins } from './oidc-logins.service.js';
import { DeviceResponse, LoginQuery } from './oidc.dto.js';

@ApiTags('identityproviders')
@Controller('auth/v1/oidc/:provider')
export class OidcController {
  constructor(private readonly logins: OidcLogins) {}

  /** Begins a login in a browser: sends it to the identity provider. It comes back to `redirect_uri` with a code for the token endpoint. */
  @Get('login')
  @Redirect()
  @Public('whoever logs in has nothing yet')
  @ApiOperation({ operationId: 'beginLogin', security: [] })
  @ApiResponse({ status: 302, description: 'To the identity provider' })
  @ApiFailures(404, 422, 503)
  async login(@Param('provider') provider: string, @Query() query: LoginQuery): Promise<{ url: string }> {
    return { url: await this.logins.begin(provider, query) };
  }

  /** Where the identity provider sends the browser back to. */
  @Get('callback')
  @Redirect()
  @Public('the state in the query is the proof that a login was begun here')
  @ApiExcludeEndpoint()
  async callback(@Param('provider') provider: string, @Req() request: FastifyRequest): Promise<{ url: string }> {
    return { url: await this.logins.finish(provider, request.url.split('?').slice(1).join('?')) };
  }

  /** Begins a login whose browser is on another device (RFC 8628); the token endpoint is asked until it is done. */
  @Post('device')
  @HttpCode(200)
  @Public('whoever logs in has nothing yet')
  @TakesAnonymousBody({ form: true })
  @ApiOperation({ operationId: 'beginDeviceLogin', security: [] })
  @ApiFailures(400, 404, 503)
  device(@Param('provider') provider: string): Promise<DeviceResponse> {
    return this.logins.beginDevice(provider);
  }
}
