import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import {
  CreateIdentityProviderRequest,
  IdentityProviderListResponse,
  IdentityProviderResponse,
  UpdateIdentityProviderRequest,
  WriteQuery,
} from './identity-providers.dto.js';
import { IdentityProvidersService } from './identity-providers.service.js';

@ApiTags('identityproviders')
@Controller('acp/v1/identityproviders')
@ApiFailures(401, 403)
export class IdentityProvidersController {
  constructor(private readonly providers: IdentityProvidersService) {}

  /** Registers an OpenID Connect issuer, after asking it for its discovery document and keys. */
  @Post()
  @Allow('administrator')
  @ApiOperation({ operationId: 'createIdentityProvider' })
  @ApiFailures(400, 409, 413, 415, 422)
  create(
    @Caller() caller: Principal,
    @Body() request: CreateIdentityProviderRequest,
    @Query() query: WriteQuery,
  ): Promise<IdentityProviderResponse> {
    return this.providers.create(caller, request, { dryRun: query.dryRun === 'All' });
  }

  /** Lists the registered issuers; nothing of it is secret. */
  @Get()
  @Allow('auditor')
  @ApiOperation({ operationId: 'listIdentityProviders' })
  list(): Promise<IdentityProviderListResponse> {
    return this.providers.list();
  }

  /** Gets one registered issuer. */
  @Get(':provider')
  @Allow('auditor')
  @ApiOperation({ operationId: 'getIdentityProvider' })
  @ApiFailures(404)
  get(@Param('provider') provider: string): Promise<IdentityProviderResponse> {
    return this.providers.get(provider);
  }

  /** Changes everything but the issuer. What is decided by it is decided anew at once, on every replica. */
  @Patch(':provider')
  @Allow('administrator')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchIdentityProvider' })
  @ApiFailures(400, 404, 409, 413, 415, 422)
  patch(
    @Param('provider') provider: string,
    @Body() request: UpdateIdentityProviderRequest,
    @Query() query: WriteQuery,
  ): Promise<IdentityProviderResponse> {
    return this.providers.patch(provider, request, { dryRun: query.dryRun === 'All' });
  }

  /** Forgets an issuer. Nobody comes in through it any more, and the sessions of its users end. */
  @Delete(':provider')
  @HttpCode(204)
  @Allow('administrator')
  @ApiOperation({ operationId: 'deleteIdentityProvider' })
  @ApiFailures(404)
  delete(@Param('provider') provider: string): Promise<void> {
    return this.providers.delete(provider);
  }
}
