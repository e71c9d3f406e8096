import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityProvidersModule } from '../identityproviders/identity-providers.module.js';
import { IssuerTokenVerifier } from '../identityproviders/issuer-token-verifier.service.js';
import { Memberships } from '../members/memberships.service.js';
import { MembershipsModule } from '../members/memberships.module.js';
import { SessionVerifier } from '../sessions/session-verifier.service.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ServiceAccountVerifier } from '../serviceaccounts/service-account-verifier.service.js';
import { ServiceAccountsModule } from '../serviceaccounts/service-accounts.module.js';
import { AccessTokenVerifier } from '../tokens/access-token-verifier.service.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { AuthenticationGuard } from './authentication.guard.js';
import { Authenticator } from './authenticator.service.js';
import { CREDENTIAL_VERIFIERS, type CredentialVerifier } from './credential-verifier.js';
import { IdentityChangesModule } from './identity-changes.module.js';
import { MEMBERSHIP_SOURCE } from './membership-source.js';

@Global()
@Module({
  imports: [IdentityChangesModule, IdentityProvidersModule, MembershipsModule, ServiceAccountsModule, SessionsModule, TokensModule],
  providers: [
    Authenticator,
    {
      provide: CREDENTIAL_VERIFIERS,
      useFactory: (...verifiers: CredentialVerifier[]) => verifiers,
      // By its audience a token of a ServiceAccount is known; its issuer is a URL like any other.
      inject: [AccessTokenVerifier, SessionVerifier, ServiceAccountVerifier, IssuerTokenVerifier],
    },
    { provide: MEMBERSHIP_SOURCE, useExisting: Memberships },
    { provide: APP_GUARD, useClass: AuthenticationGuard },
  ],
  exports: [Authenticator],
})
export class AuthModule {}
