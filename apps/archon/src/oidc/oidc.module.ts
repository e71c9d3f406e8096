import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdentityProvidersModule } from '../identityproviders/identity-providers.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ExternalSessionEntity } from './external-session.entity.js';
import { ExternalSessions } from './external-sessions.service.js';
import { IssuerClient } from './issuer-client.service.js';
import { OidcLogins } from './oidc-logins.service.js';
import { OidcController } from './oidc.controller.js';
import { PendingLoginEntity } from './pending-login.entity.js';
import { PendingLoginSweep } from './pending-login-sweep.service.js';
import { PendingLogins } from './pending-logins.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([ExternalSessionEntity, PendingLoginEntity]), IdentityProvidersModule, SessionsModule],
  controllers: [OidcController],
  providers: [ExternalSessions, IssuerClient, OidcLogins, PendingLogins, PendingLoginSweep],
})
export class OidcModule {}
