import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { OperationRunner } from '../operations/operation-runner.service.js';
import type { EndedOperation } from '../operations/operation-plan.js';
import type { NamespaceDesired } from './namespace-desired.js';
import { NamespaceRows } from './namespace-rows.service.js';
import { QuotaLedger, toAmounts } from './quota-ledger.service.js';

/** Of an update: what holds when it succeeds, and what when it is undone. */
export interface UpdatePayload {
  before: NamespaceDesired;
  after: NamespaceDesired;
}

/** What the end of an operation on a namespace means for its row and its claims: stored together with it, also after a crash. */
@Injectable()
export class NamespaceEnds implements OnModuleInit {
  constructor(
    private readonly operations: OperationRunner,
    private readonly rows: NamespaceRows,
    private readonly ledger: QuotaLedger,
  ) {}

  onModuleInit(): void {
    for (const kind of ['CreateNamespace', 'ImportNamespace'] as const)
      this.operations.onEnd(kind, (manager, ended) => this.made(manager, ended));
    for (const kind of ['RemoveNamespace', 'DeleteNamespace'] as const)
      this.operations.onEnd(kind, (manager, ended) => this.left(manager, ended));
    this.operations.onEnd('UpdateNamespace', (manager, ended) => this.updated(manager, ended));
  }

  /** One that could not be undone completely still holds its quota: somebody must look at it. */
  private async made(manager: EntityManager, ended: EndedOperation): Promise<void> {
    if (ended.phase === 'Undone') await this.rows.drop(manager, keyOf(ended));
    else await this.rows.setPhase(manager, keyOf(ended), ['Creating'], ended.phase === 'Succeeded' ? 'Active' : 'Failed');
  }

  private async left(manager: EntityManager, ended: EndedOperation): Promise<void> {
    if (ended.phase === 'Succeeded') await this.rows.drop(manager, keyOf(ended));
    else await this.rows.setPhase(manager, keyOf(ended), ['Removing', 'Deleting'], 'Failed');
  }

  /** While it was under way the larger of both was claimed. */
  private async updated(manager: EntityManager, ended: EndedOperation): Promise<void> {
    const { before, after } = ended.payload as UpdatePayload;
    const key = keyOf(ended);
    await this.rows.setPhase(manager, key, ['Updating'], ended.phase === 'Failed' ? 'Failed' : 'Active');
    if (ended.phase === 'Failed') return;
    const holds = ended.phase === 'Succeeded' ? after : before;
    await this.rows.setDesired(manager, key, holds);
    await this.ledger.set(manager, key.clusterId, key.name, toAmounts(holds.hard));
  }
}

const keyOf = ({ clusterId, namespace }: EndedOperation) => ({ clusterId, name: namespace });
