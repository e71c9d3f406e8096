import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { ManifestsModule } from '../manifests/manifests.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ResourceTypesController } from './resource-types.controller.js';
import { ResourceTypes } from './resource-types.service.js';
import { ResourcesController } from './resources.controller.js';
import { ResourcesService } from './resources.service.js';

@Module({
  imports: [ClustersModule, ManifestsModule, OperationsModule],
  controllers: [ResourceTypesController, ResourcesController],
  providers: [ResourcesService, ResourceTypes],
})
export class ResourcesModule {}
