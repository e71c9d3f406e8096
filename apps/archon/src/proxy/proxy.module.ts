import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { ProxyService } from './proxy.service.js';

@Module({ imports: [ClustersModule], providers: [ProxyService], exports: [ProxyService] })
export class ProxyModule {}
