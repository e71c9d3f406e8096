import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { ProxyService } from './proxy.service.js';

@Module({ imports: [AuditModule, ClustersModule, TokensModule], providers: [ProxyService], exports: [ProxyService] })
export class ProxyModule {}
