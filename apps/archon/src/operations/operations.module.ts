import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClustersModule } from '../clusters/clusters.module.js';
import { Journal } from './journal.repository.js';
import { OperationEntity } from './operation.entity.js';
import { OperationRecovery } from './operation-recovery.service.js';
import { OperationRunner } from './operation-runner.service.js';
import { OperationTargets } from './operation-targets.service.js';
import { OperationUndo } from './operation-undo.service.js';
import { OperationStepEntity } from './operation-step.entity.js';
import { OperationsController } from './operations.controller.js';
import { OperationsService } from './operations.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([OperationEntity, OperationStepEntity]), ClustersModule],
  controllers: [OperationsController],
  providers: [Journal, OperationRunner, OperationTargets, OperationUndo, OperationRecovery, OperationsService],
  exports: [OperationRunner, OperationsService],
})
export class OperationsModule {}
