import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClustersModule } from '../clusters/clusters.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { UsersModule } from '../users/users.module.js';
import { Importing } from './importing.service.js';
import { MembersController } from './members.controller.js';
import { MembersService } from './members.service.js';
import { MembershipEntity } from './membership.entity.js';
import { MembershipRows } from './membership-rows.repository.js';
import { MembershipsModule } from './memberships.module.js';
import { NamespaceMembersController } from './namespace-members.controller.js';
import { Places } from './places.service.js';
import { PlatformMembers } from './platform-members.service.js';
import { ProjectMembersController } from './project-members.controller.js';
import { Rights } from './rights.service.js';
import { UserBindingsController } from './user-bindings.controller.js';
import { UserBindings } from './user-bindings.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([MembershipEntity]), ClustersModule, MembershipsModule, RolesModule, UsersModule],
  controllers: [MembersController, NamespaceMembersController, ProjectMembersController, UserBindingsController],
  providers: [Importing, MembersService, MembershipRows, Places, PlatformMembers, Rights, UserBindings],
  exports: [MembersService, Rights],
})
export class MembersModule {}
