import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { ClusterLeases } from './cluster-leases.service.js';
import { IndexedKinds } from './indexed-kinds.repository.js';
import { ObjectWriter } from './object-writer.repository.js';
import { Reflectors } from './reflectors.service.js';
import { RemovedClusters } from './removed-clusters.service.js';

@Module({
  imports: [ClustersModule],
  providers: [ClusterLeases, IndexedKinds, ObjectWriter, Reflectors, RemovedClusters],
})
export class IndexModule {}
