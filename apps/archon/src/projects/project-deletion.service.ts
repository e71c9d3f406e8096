import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { conflict } from '#errors';
import type { Principal } from '../auth/principal.js';
import { isProtectedNamespace } from '../namespaces/namespace-names.js';
import { NamespacePlans } from '../namespaces/namespace-plans.service.js';
import { NamespaceRows } from '../namespaces/namespace-rows.service.js';
import type { NamespaceEntity } from '../namespaces/namespace.entity.js';
import { type ClusterName, NO_CLUSTER, type OperationPlan, type StepPlan } from '../operations/operation-plan.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import type { ProjectCluster } from './project-object.js';
import { ProjectRows } from './project-rows.repository.js';

/** The end of projects: of a whole one with all its namespaces, and of one in one of its clusters. */
@Injectable()
export class ProjectDeletion implements OnModuleInit {
  constructor(
    private readonly projects: ProjectRows,
    private readonly rows: NamespaceRows,
    private readonly plans: NamespacePlans,
    private readonly runner: OperationRunner,
  ) {}

  onModuleInit(): void {
    this.runner.onEnd('DeleteProject', async (manager, { phase, name }) => {
      if (phase === 'Succeeded') await this.projects.delete(manager, name);
    });
  }

  /**
   * One operation over all clusters: each namespace is taken out of the project, or deleted, as asked. A cluster that is away is waited for,
   * and nothing more is made in the project meanwhile. Throws 409 when it has namespaces and nothing was asked.
   */
  async plan(caller: Principal, project: string, asked: 'retain' | 'delete' | undefined): Promise<OperationPlan> {
    const clusters = new Map(((await this.projects.clustersOf([project])).get(project) ?? []).map((cluster) => [cluster.id, cluster]));
    const rows = await this.rows.ofProject(project);
    const namespaces = rows.filter(({ isInner }) => !isInner);
    if (asked === undefined && namespaces.length > 0) throw undecided(project, namespaces);
    const steps = await Promise.all(
      rows.map(async (row) => {
        const cluster: ClusterName = { id: row.clusterId, name: clusters.get(row.clusterId)?.name ?? '' };
        const plan =
          asked === 'delete' && !isProtectedNamespace(row.name)
            ? this.plans.delete(caller, cluster, row)
            : await this.plans.remove(caller, cluster, row);
        return plan.steps.map((step): StepPlan => ({ ...step, cluster }));
      }),
    );
    const all = steps.flat();
    return {
      kind: 'DeleteProject',
      cluster: NO_CLUSTER,
      identity: caller.identity,
      actsAs: 'archon',
      namespace: '',
      name: project,
      // All are told to go before any is waited for.
      steps: [...all.filter(({ action }) => action !== 'gone'), ...all.filter(({ action }) => action === 'gone')],
      store: (manager) => this.begin(manager, project, rows, asked === 'delete' ? 'Deleting' : 'Removing'),
    };
  }

  /** Throws 409 while the project has namespaces in the cluster. */
  async leaveCluster(manager: EntityManager, project: string, { id, name }: ProjectCluster): Promise<void> {
    const left = (await this.rows.ofProject(project)).filter((row) => row.clusterId === id && !row.isInner);
    if (left.length > 0)
      throw conflict(`the project still has namespaces in the cluster "${name}": ${list(left)}. Remove or delete them first`, {
        kind: 'projects',
        name: project,
      });
    const inner = await this.rows.find({ clusterId: id, name: project });
    if (inner === null) await this.projects.deleteCluster(manager, project, id);
    else await this.projects.markLeft(manager, project, id);
  }

  /** Takes the project's own namespace out of it; the cluster leaves the project when that is done. */
  async removeInner(caller: Principal, project: string, { id, name }: ProjectCluster): Promise<void> {
    const row = await this.rows.find({ clusterId: id, name: project });
    if (row !== null) await this.runner.launch(await this.plans.remove(caller, { id, name }, row));
  }

  private async begin(
    manager: EntityManager,
    project: string,
    planned: readonly NamespaceEntity[],
    phase: 'Removing' | 'Deleting',
  ): Promise<void> {
    await this.projects.markDeleted(manager, project);
    const [, changed] = await manager.query<[object[], number]>(
      `update namespaces set phase = $2 where project = $1 and phase in ('Active', 'Failed', 'Removing', 'Deleting')`,
      [project, phase],
    );
    const [held] = await manager.query<{ count: number }[]>('select count(*)::integer as count from namespaces where project = $1', [
      project,
    ]);
    if (changed !== planned.length || held?.count !== planned.length)
      throw conflict(`namespaces of the project "${project}" are being made or changed: try again when that has ended`, {
        kind: 'projects',
        name: project,
      });
  }
}

const list = (rows: readonly NamespaceEntity[]): string =>
  rows
    .slice(0, 5)
    .map(({ name }) => name)
    .join(', ') + (rows.length > 5 ? ` and ${rows.length - 5} more` : '');

const undecided = (project: string, rows: readonly NamespaceEntity[]) =>
  conflict(
    `the project "${project}" has ${rows.length} namespaces (${list(rows)}): say with ?namespaces=retain that they are kept outside of it, or with ?namespaces=delete that they are deleted with everything in them`,
    { kind: 'projects', name: project },
  );
