import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { Admission } from './admission.service.js';
import { ClusterRights } from './cluster-rights.service.js';
import { LiveSessions } from './live-sessions.service.js';
import { ProxyService } from './proxy.service.js';

@Module({
  imports: [AuditModule, ClustersModule, TokensModule],
  providers: [Admission, ClusterRights, LiveSessions, ProxyService],
  exports: [ClusterRights, ProxyService],
})
export class ProxyModule {}
