import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { encryptionKeyFile } from '#config';
import { BoundedReads, connectAndMigrate, dataSourceOptions, FieldCipher, Notifications } from '#database';
import type { Logger } from '#log';
import { migrations } from '#migrations';
import { ClusterChangeEntity } from './clusters/cluster-change.entity.js';
import { ClusterEntity } from './clusters/cluster.entity.js';
import { AppConfig } from './config.module.js';
import { ExternalIdentityEntity } from './identityproviders/external-identity.entity.js';
import { IdentityProviderEntity } from './identityproviders/identity-provider.entity.js';
import { IndexedClusterEntity } from './index/indexed-cluster.entity.js';
import { IndexedKindEntity } from './index/indexed-kind.entity.js';
import { IndexedNamespaceEntity } from './index/indexed-namespace.entity.js';
import { ReflectionEntity } from './index/reflection.entity.js';
import { LOGGER } from './logger.module.js';
import { ExternalSessionEntity } from './oidc/external-session.entity.js';
import { PendingLoginEntity } from './oidc/pending-login.entity.js';
import { OperationEntity } from './operations/operation.entity.js';
import { OperationStepEntity } from './operations/operation-step.entity.js';
import { CustomRoleEntity } from './roles/custom-role.entity.js';
import { MembershipEntity } from './members/membership.entity.js';
import { NamespaceEntity } from './namespaces/namespace.entity.js';
import { NamespaceRoundEntity } from './namespaces/namespace-round.entity.js';
import { ProjectClusterEntity } from './projects/project-cluster.entity.js';
import { ProjectEntity } from './projects/project.entity.js';
import { QuotaClaimEntity } from './namespaces/quota-claim.entity.js';
import { RoleInstallationEntity } from './roles/role-installation.entity.js';
import { RefreshTokenEntity } from './sessions/refresh-token.entity.js';
import { SessionEntity } from './sessions/session.entity.js';
import { AccessTokenEntity } from './tokens/access-token.entity.js';
import { SigningKeyEntity } from './signing/signing-key.entity.js';
import { TokenPepperEntity } from './tokens/token-pepper.entity.js';
import { ExchangedTokenEntity } from './trustrules/exchanged-token.entity.js';
import { TrustRuleEntity } from './trustrules/trust-rule.entity.js';
import { LoginFailureEntity } from './users/login-failure.entity.js';
import { PasswordKeyEntity } from './users/password-key.entity.js';
import { UserEntity } from './users/user.entity.js';

export const ENTITIES = [
  AccessTokenEntity,
  ClusterChangeEntity,
  ClusterEntity,
  ExchangedTokenEntity,
  ExternalIdentityEntity,
  ExternalSessionEntity,
  IdentityProviderEntity,
  IndexedClusterEntity,
  IndexedKindEntity,
  IndexedNamespaceEntity,
  LoginFailureEntity,
  OperationEntity,
  OperationStepEntity,
  PasswordKeyEntity,
  PendingLoginEntity,
  CustomRoleEntity,
  MembershipEntity,
  NamespaceEntity,
  NamespaceRoundEntity,
  ProjectClusterEntity,
  ProjectEntity,
  QuotaClaimEntity,
  ReflectionEntity,
  RoleInstallationEntity,
  RefreshTokenEntity,
  SessionEntity,
  SigningKeyEntity,
  TokenPepperEntity,
  TrustRuleEntity,
  UserEntity,
];

@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    private readonly notifications: Notifications,
    private readonly reads: BoundedReads,
  ) {}

  /** Connects to `url` after bringing its schema up to date. */
  static forRoot(url: string): DynamicModule {
    const cipher = {
      provide: FieldCipher,
      useFactory: (config: AppConfig) => FieldCipher.load(encryptionKeyFile(config)),
      inject: [AppConfig],
    };
    const orm = TypeOrmModule.forRootAsync({
      useFactory: (config: AppConfig, logger: Logger) =>
        dataSourceOptions({
          url,
          poolSize: config.databasePoolSize,
          entities: ENTITIES,
          migrations,
          onConnectionLost: (error) => logger.warn({ reason: error.message }, 'a connection to the database was lost'),
        }),
      inject: [AppConfig, LOGGER],
      dataSourceFactory: (options) => connectAndMigrate(options as DataSourceOptions & { url?: string }),
    });
    const notifications = {
      provide: Notifications,
      useFactory: async (database: DataSource, logger: Logger) => {
        const created = new Notifications(url, database, (error) =>
          logger.warn({ reason: error.message }, 'the connection for notifications was lost'),
        );
        await created.open();
        return created;
      },
      inject: [DataSource, LOGGER],
    };
    const reads = {
      provide: BoundedReads,
      useFactory: ({ listConnections, listSeconds }: AppConfig, logger: Logger) =>
        new BoundedReads({
          url,
          connections: listConnections,
          seconds: listSeconds,
          onConnectionLost: (error) => logger.warn({ reason: error.message }, 'a connection to the database was lost'),
        }),
      inject: [AppConfig, LOGGER],
    };
    return {
      module: DatabaseModule,
      global: true,
      imports: [orm],
      providers: [cipher, notifications, reads],
      exports: [BoundedReads, FieldCipher, Notifications],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.notifications.close(), this.reads.close()]);
  }
}
