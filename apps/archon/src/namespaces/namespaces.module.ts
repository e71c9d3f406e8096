import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClustersModule } from '../clusters/clusters.module.js';
import { MembersModule } from '../members/members.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ProjectClusterEntity } from '../projects/project-cluster.entity.js';
import { ProjectDirectoryModule } from '../projects/project-directory.module.js';
import { ProjectEntity } from '../projects/project.entity.js';
import { RolesModule } from '../roles/roles.module.js';
import { ClusterNamespaces } from './cluster-namespaces.service.js';
import { GeneralNamespacesController } from './general-namespaces.controller.js';
import { MemberGroups } from './member-groups.service.js';
import { NamespaceEnds } from './namespace-ends.service.js';
import { NamespaceLists } from './namespace-lists.service.js';
import { NamespacePlans } from './namespace-plans.service.js';
import { NamespaceReconciliation } from './namespace-reconciliation.service.js';
import { NamespaceReader } from './namespace-reader.service.js';
import { NamespaceRepairs } from './namespace-repairs.service.js';
import { NamespaceRows } from './namespace-rows.service.js';
import { NamespaceSettings } from './namespace-settings.service.js';
import { NamespaceRoundEntity } from './namespace-round.entity.js';
import { NamespaceEntity } from './namespace.entity.js';
import { NamespacesController } from './namespaces.controller.js';
import { NamespacesService } from './namespaces.service.js';
import { PodSecurityController } from './pod-security.controller.js';
import { PodSecurityPolicies } from './pod-security-policies.service.js';
import { ProjectNamespacesController } from './project-namespaces.controller.js';
import { ProjectQuotaMirror } from './project-quota-mirror.service.js';
import { QuotaClaimEntity } from './quota-claim.entity.js';
import { QuotaLedger } from './quota-ledger.service.js';
import { QuotaTypesController } from './quota-types.controller.js';
import { QuotaTypes } from './quota-types.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([NamespaceEntity, NamespaceRoundEntity, ProjectClusterEntity, ProjectEntity, QuotaClaimEntity]),
    ClustersModule,
    MembersModule,
    OperationsModule,
    ProjectDirectoryModule,
    RolesModule,
  ],
  controllers: [
    GeneralNamespacesController,
    NamespacesController,
    PodSecurityController,
    ProjectNamespacesController,
    QuotaTypesController,
  ],
  providers: [
    ClusterNamespaces,
    MemberGroups,
    NamespaceEnds,
    NamespaceLists,
    NamespacePlans,
    NamespaceReader,
    NamespaceReconciliation,
    NamespaceRepairs,
    NamespaceRows,
    NamespaceSettings,
    NamespacesService,
    ProjectQuotaMirror,
    PodSecurityPolicies,
    QuotaLedger,
    QuotaTypes,
  ],
  exports: [MemberGroups, NamespaceLists, NamespacePlans, NamespaceReader, NamespaceRows, NamespaceSettings, QuotaLedger, QuotaTypes],
})
export class NamespacesModule {}
