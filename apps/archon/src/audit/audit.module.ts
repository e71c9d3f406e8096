import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { HealthModule } from '../health/health.module.js';
import { SigningModule } from '../signing/signing.module.js';
import { AuditLog } from './audit-log.repository.js';
import { AuditQueries } from './audit-queries.service.js';
import { AuditTrails } from './audit-trails.service.js';
import { AuditUpkeep } from './audit-upkeep.service.js';
import { AuditController } from './audit.controller.js';
import { Audit } from './audit.service.js';
import { RouteOperations } from './route-operations.service.js';

@Module({
  imports: [DiscoveryModule, HealthModule, SigningModule],
  controllers: [AuditController],
  providers: [Audit, AuditLog, AuditTrails, AuditUpkeep, AuditQueries, RouteOperations],
  exports: [Audit, AuditTrails],
})
export class AuditModule {}
