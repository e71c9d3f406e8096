import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { HealthModule } from '../health/health.module.js';
import { AuditLog } from './audit-log.repository.js';
import { AuditTrails } from './audit-trails.service.js';
import { Audit } from './audit.service.js';
import { RouteOperations } from './route-operations.service.js';

@Module({
  imports: [DiscoveryModule, HealthModule],
  providers: [Audit, AuditLog, AuditTrails, RouteOperations],
  exports: [Audit, AuditTrails],
})
export class AuditModule {}
