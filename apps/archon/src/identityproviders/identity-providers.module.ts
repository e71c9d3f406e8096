import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module.js';
import { ExternalIdentities } from './external-identities.service.js';
import { ExternalIdentityEntity } from './external-identity.entity.js';
import { IdentityProviderEntity } from './identity-provider.entity.js';
import { IdentityProvidersController } from './identity-providers.controller.js';
import { IdentityProvidersService } from './identity-providers.service.js';
import { IssuerTokenVerifier } from './issuer-token-verifier.service.js';
import { IssuerTokens } from './issuer-tokens.service.js';
import { Issuers } from './issuers.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([ExternalIdentityEntity, IdentityProviderEntity]), UsersModule],
  controllers: [IdentityProvidersController],
  providers: [ExternalIdentities, IdentityProvidersService, IssuerTokenVerifier, IssuerTokens, Issuers],
  exports: [ExternalIdentities, IdentityProvidersService, IssuerTokenVerifier, IssuerTokens, Issuers],
})
export class IdentityProvidersModule {}
