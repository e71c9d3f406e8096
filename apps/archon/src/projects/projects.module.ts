import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { MembersModule } from '../members/members.module.js';
import { NamespacesModule } from '../namespaces/namespaces.module.js';
import { OperationsModule } from '../operations/operations.module.js';
import { OfficialProjectsController } from './official-projects.controller.js';
import { OfficialProjects } from './official-projects.service.js';
import { ProjectDeletion } from './project-deletion.service.js';
import { ProjectDirectoryModule } from './project-directory.module.js';
import { ProjectNamespaces } from './project-namespaces.service.js';
import { ProjectObjectsController } from './project-objects.controller.js';
import { ProjectObjects } from './project-objects.service.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsService } from './projects.service.js';

@Module({
  imports: [ClustersModule, MembersModule, NamespacesModule, OperationsModule, ProjectDirectoryModule],
  controllers: [OfficialProjectsController, ProjectObjectsController, ProjectsController],
  providers: [OfficialProjects, ProjectDeletion, ProjectNamespaces, ProjectObjects, ProjectsService],
  exports: [ProjectsService],
})
export class ProjectsModule {}
