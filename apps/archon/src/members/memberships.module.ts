import { Module } from '@nestjs/common';
import { ProjectDirectoryModule } from '../projects/project-directory.module.js';
import { Memberships } from './memberships.service.js';

/** On its own, as those who authenticate need it, and those who manage members need them. */
@Module({
  imports: [ProjectDirectoryModule],
  providers: [Memberships],
  exports: [Memberships, ProjectDirectoryModule],
})
export class MembershipsModule {}
