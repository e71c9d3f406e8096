import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ApplicationComponents } from './application-components.service.js';
import { ApplicationTrial } from './application-trial.service.js';
import { ApplicationsController } from './applications.controller.js';
import { ApplicationsService } from './applications.service.js';

@Module({
  imports: [ClustersModule, OperationsModule],
  controllers: [ApplicationsController],
  providers: [ApplicationsService, ApplicationComponents, ApplicationTrial],
})
export class ApplicationsModule {}
