import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { ManifestsModule } from '../manifests/manifests.module.js';
import { NamespacesModule } from '../namespaces/namespaces.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ApplicationComponents } from './application-components.service.js';
import { ApplicationLifeController } from './application-life.controller.js';
import { ApplicationLifeService } from './application-life.service.js';
import { ApplicationsController } from './applications.controller.js';
import { ApplicationsService } from './applications.service.js';
import { ApplicationForms } from './forms/application-forms.service.js';
import { FormFactsService } from './forms/form-facts.service.js';

@Module({
  imports: [ClustersModule, ManifestsModule, NamespacesModule, OperationsModule],
  controllers: [ApplicationsController, ApplicationLifeController],
  providers: [ApplicationsService, ApplicationLifeService, ApplicationComponents, ApplicationForms, FormFactsService],
})
export class ApplicationsModule {}
