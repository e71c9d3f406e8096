import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { ClustersModule } from '../clusters/clusters.module.js';
import { ProxyService } from './proxy.service.js';

@Module({ imports: [AuditModule, ClustersModule], providers: [ProxyService], exports: [ProxyService] })
export class ProxyModule {}
