import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { MembersModule } from '../members/members.module.js';
import { MembershipsModule } from '../members/memberships.module.js';
import { ProxyModule } from '../proxy/proxy.module.js';
import { RolesModule } from '../roles/roles.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessReview } from './access-review.service.js';
import { AskedAbout } from './asked-about.service.js';
import { RightsController } from './rights.controller.js';

@Module({
  imports: [ClustersModule, MembersModule, MembershipsModule, ProxyModule, RolesModule, SessionsModule, TokensModule, UsersModule],
  controllers: [RightsController],
  providers: [AccessReview, AskedAbout],
})
export class RightsModule {}
