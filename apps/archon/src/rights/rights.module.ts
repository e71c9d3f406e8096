import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { MembersModule } from '../members/members.module.js';
import { MembershipsModule } from '../members/memberships.module.js';
import { ProxyModule } from '../proxy/proxy.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessReview } from './access-review.service.js';
import { RightsController } from './rights.controller.js';

@Module({
  imports: [ClustersModule, MembersModule, MembershipsModule, ProxyModule, RolesModule, UsersModule],
  controllers: [RightsController],
  providers: [AccessReview],
})
export class RightsModule {}
