import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import type { Config } from '#config';
import type { Logger } from '#log';
import { ApplicationsModule } from './applications/applications.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ClustersModule } from './clusters/clusters.module.js';
import { ConfigModule } from './config.module.js';
import { DatabaseModule } from './database.module.js';
import { EncryptionModule } from './encryption/encryption.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { StatusFilter } from './http/status.filter.js';
import { validationPipe } from './http/validation.pipe.js';
import { IdentityProvidersModule } from './identityproviders/identity-providers.module.js';
import { IndexModule } from './index/index.module.js';
import { SearchModule } from './search/search.module.js';
import { KubernetesModule } from './kubernetes.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { LOGGER, LoggerModule } from './logger.module.js';
import { MembersModule } from './members/members.module.js';
import { NamespacesModule } from './namespaces/namespaces.module.js';
import { OidcModule } from './oidc/oidc.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { ProjectsModule } from './projects/projects.module.js';
import { ProxyModule } from './proxy/proxy.module.js';
import { ResourcesModule } from './resources/resources.module.js';
import { RolesModule } from './roles/roles.module.js';
import { RightsModule } from './rights/rights.module.js';
import { RouteAccessCheck } from './auth/route-access-check.service.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { TokensModule } from './tokens/tokens.module.js';
import { TrustRulesModule } from './trustrules/trust-rules.module.js';
import { UsersModule } from './users/users.module.js';

@Module({})
export class AppModule {
  static forRoot(options: { config: Config; logger: Logger; databaseUrl: string }): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(options.config),
        LoggerModule.forRoot(options.logger),
        DatabaseModule.forRoot(options.databaseUrl),
        KubernetesModule,
        HttpModule,
        DiscoveryModule,
        HealthModule,
        AuthModule,
        AuditModule,
        UsersModule,
        RolesModule,
        MembersModule,
        TokensModule,
        SessionsModule,
        IdentityProvidersModule,
        OidcModule,
        TrustRulesModule,
        LimitsModule,
        ClustersModule,
        EncryptionModule,
        ProxyModule,
        OperationsModule,
        NamespacesModule,
        ProjectsModule,
        RightsModule,
        ApplicationsModule,
        ResourcesModule,
        IndexModule,
        SearchModule,
      ],
      providers: [
        RouteAccessCheck,
        { provide: APP_FILTER, useFactory: (logger: Logger) => new StatusFilter(logger), inject: [LOGGER] },
        { provide: APP_PIPE, useFactory: validationPipe },
      ],
    };
  }
}
