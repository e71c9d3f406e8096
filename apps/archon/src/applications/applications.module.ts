import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { ManifestsModule } from '../manifests/manifests.module.js';
import { NamespacesModule } from '../namespaces/namespaces.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { ProxyModule } from '../proxy/proxy.module.js';
import { ApplicationComponents } from './application-components.service.js';
import { ApplicationLifeController } from './application-life.controller.js';
import { ApplicationLifeService } from './application-life.service.js';
import { ApplicationsController } from './applications.controller.js';
import { ApplicationsService } from './applications.service.js';
import { ApplicationForms } from './forms/application-forms.service.js';
import { FormFactsService } from './forms/form-facts.service.js';
import { ManifestStore } from './versions/manifest-store.repository.js';
import { VersionComparison } from './versions/version-comparison.service.js';
import { VersionLedger } from './versions/version-ledger.repository.js';
import { VersionRecorder } from './versions/version-recorder.service.js';
import { VersionsController } from './versions/versions.controller.js';
import { VersionsService } from './versions/versions.service.js';
import { VersionsUpkeep } from './versions/versions-upkeep.service.js';

@Module({
  imports: [ClustersModule, ManifestsModule, NamespacesModule, OperationsModule, ProxyModule],
  controllers: [ApplicationsController, ApplicationLifeController, VersionsController],
  providers: [
    ApplicationsService,
    ApplicationLifeService,
    ApplicationComponents,
    ApplicationForms,
    FormFactsService,
    ManifestStore,
    VersionComparison,
    VersionLedger,
    VersionRecorder,
    VersionsService,
    VersionsUpkeep,
  ],
})
export class ApplicationsModule {}
