import { Module } from '@nestjs/common';
import { IndexModule } from '../index/index.module.js';
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
  imports: [IndexModule],
  controllers: [ResourceSearchController, SearchController, TopologyController],
  providers: [ObjectLists, ProjectPlaces, Search, SearchScenes, SearchWatch, Topologies],
})
export class SearchModule {}
