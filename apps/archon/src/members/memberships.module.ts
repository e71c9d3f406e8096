import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { LabelledProjects } from './labelled-projects.service.js';
import { Memberships } from './memberships.service.js';
import { PROJECT_DIRECTORY } from './project-directory.js';

/** On its own, as those who authenticate need it, and those who manage members need them. */
@Module({
  imports: [ClustersModule],
  providers: [Memberships, { provide: PROJECT_DIRECTORY, useClass: LabelledProjects }],
  exports: [Memberships, PROJECT_DIRECTORY],
})
export class MembershipsModule {}
