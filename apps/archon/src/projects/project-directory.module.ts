import { Module } from '@nestjs/common';
import { PROJECT_DIRECTORY } from '../members/project-directory.js';
import { ProjectRows } from './project-rows.repository.js';
import { ProjectsDirectory } from './projects-directory.service.js';

/** What others need to know of projects. */
@Module({
  providers: [ProjectRows, ProjectsDirectory, { provide: PROJECT_DIRECTORY, useExisting: ProjectsDirectory }],
  exports: [ProjectRows, ProjectsDirectory, PROJECT_DIRECTORY],
})
export class ProjectDirectoryModule {}
