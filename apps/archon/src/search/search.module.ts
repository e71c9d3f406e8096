import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { IndexModule } from '../index/index.module.js';
import { ApplicationListsController } from './application-lists.controller.js';
import { LiveClusters } from './live-clusters.service.js';
import { ObjectLists } from './object-lists.repository.js';
import { ProjectPlaces } from './project-places.repository.js';
import { SearchWatch } from './search-watch.service.js';
import { SearchController } from './search.controller.js';
import { SearchScenes } from './search-scenes.service.js';
import { ResourceSearchController } from './resource-search.controller.js';
import { Search } from './search.service.js';
import { TopologyController } from './topology.controller.js';
import { Topologies } from './topologies.service.js';

@Module({
  imports: [ClustersModule, IndexModule],
  controllers: [ApplicationListsController, ResourceSearchController, SearchController, TopologyController],
  providers: [LiveClusters, ObjectLists, ProjectPlaces, Search, SearchScenes, SearchWatch, Topologies],
})
export class SearchModule {}
