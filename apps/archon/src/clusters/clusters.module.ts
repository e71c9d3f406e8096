import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BootstrapManifestController } from './bootstrap-manifest.controller.js';
import { ClusterEntity } from './cluster.entity.js';
import { ClusterExpirations } from './cluster-expirations.service.js';
import { ClusterHealth } from './cluster-health.service.js';
import { ClusterWatch } from './cluster-watch.service.js';
import { ClusterPreparation } from './cluster-preparation.service.js';
import { ClusterTrial } from './cluster-trial.service.js';
import { ClustersController } from './clusters.controller.js';
import { ClustersService } from './clusters.service.js';
import { ClusterIdentity } from './cluster-identity.service.js';
import { ClusterEvents } from './cluster-events.service.js';
import { ClusterLists } from './cluster-lists.service.js';
import { ClusterRegistrations } from './cluster-registrations.repository.js';
import { RegistryClusters } from './registry-clusters.service.js';
import { RegistryClustersController } from './registry-clusters.controller.js';
import { KubeconfigController } from './kubeconfig.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([ClusterEntity])],
  controllers: [BootstrapManifestController, ClustersController, RegistryClustersController, KubeconfigController],
  providers: [
    ClustersService,
    ClusterEvents,
    ClusterIdentity,
    ClusterLists,
    ClusterRegistrations,
    RegistryClusters,
    ClusterExpirations,
    ClusterHealth,
    ClusterWatch,
    ClusterPreparation,
    ClusterTrial,
  ],
  exports: [ClustersService],
})
export class ClustersModule {}
