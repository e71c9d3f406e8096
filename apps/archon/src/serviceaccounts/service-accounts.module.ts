import { Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { ServiceAccountVerifier } from './service-account-verifier.service.js';

@Module({ imports: [ClustersModule], providers: [ServiceAccountVerifier], exports: [ServiceAccountVerifier] })
export class ServiceAccountsModule {}
