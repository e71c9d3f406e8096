import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { CallerRights } from './caller-rights.service.js';
import { ChangeFeed } from './change-feed.service.js';
import { ClusterLeases } from './cluster-leases.service.js';
import { EventPartitions } from './event-partitions.repository.js';
import { EventUpkeep } from './event-upkeep.service.js';
import { EventWriter } from './event-writer.repository.js';
import { FencedDatabase } from './fenced.repository.js';
import { IndexLag } from './index-lag.service.js';
import { IndexState } from './index-state.repository.js';
import { IndexedKinds } from './indexed-kinds.repository.js';
import { IndexedNamespaces } from './indexed-namespaces.repository.js';
import { ObjectIndex } from './object-index.service.js';
import { ObjectWriter } from './object-writer.repository.js';
import { Reflections } from './reflections.repository.js';
import { Reflectors } from './reflectors.service.js';
import { RemovedClusters } from './removed-clusters.service.js';

@Module({
  imports: [ClustersModule],
  providers: [
    CallerRights,
    ChangeFeed,
    ClusterLeases,
    EventPartitions,
    EventUpkeep,
    EventWriter,
    FencedDatabase,
    IndexLag,
    IndexState,
    IndexedKinds,
    IndexedNamespaces,
    ObjectIndex,
    ObjectWriter,
    Reflections,
    Reflectors,
    RemovedClusters,
  ],
  exports: [ChangeFeed, ObjectIndex],
})
export class IndexModule {}
