import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdentityProviderEntity } from '../identityproviders/identity-provider.entity.js';
import { IdentityProvidersModule } from '../identityproviders/identity-providers.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { TokenExchange } from './token-exchange.service.js';
import { TrustRuleEntity } from './trust-rule.entity.js';
import { TrustRulesController } from './trust-rules.controller.js';
import { TrustRulesService } from './trust-rules.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([IdentityProviderEntity, TrustRuleEntity]), IdentityProvidersModule, SessionsModule, TokensModule],
  controllers: [TrustRulesController],
  providers: [TokenExchange, TrustRulesService],
})
export class TrustRulesModule {}
