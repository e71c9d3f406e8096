import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { conflict, invalid, type StatusCause } from '#errors';
import { formatQuantity, mergePatch } from '#kubernetes';
import { reaches, reachesProject } from '../auth/access-scope.js';
import type { Principal } from '../auth/principal.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { Rights } from '../members/rights.service.js';
import { MembersService } from '../members/members.service.js';
import { QuotaLedger, toAmounts } from '../namespaces/quota-ledger.service.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import { type OperationResponse, OperationsService } from '../operations/operations.service.js';
import { ProjectDeletion } from './project-deletion.service.js';
import { ProjectNamespaces } from './project-namespaces.service.js';
import { type ProjectCluster, type ProjectObject, toProjectObject, toShownCluster } from './project-object.js';
import { type ProjectClusterRequest, type ProjectRequest, readProject } from './project-request.js';
import { type ProjectQuota, toProjectQuota } from './project-quota.js';
import { ProjectRows } from './project-rows.repository.js';
import { visibleProjects } from './visible-projects.js';

const FUNCTION = 'platform-manage-projectmanage';
const NO_RESOURCES = { storageClasses: [], chartRepositories: [], imageRegistries: [], codeRepositories: [] };
const PROJECT_ADMINISTRATOR = 'project-admin-system';

interface AskedCluster extends ProjectClusterRequest {
  id: string;
}

/** Projects (PRJ-1 … PRJ-6). */
@Injectable()
export class ProjectsService {
  constructor(
    private readonly rows: ProjectRows,
    private readonly clusters: ClustersService,
    private readonly rights: Rights,
    private readonly members: MembersService,
    private readonly ledger: QuotaLedger,
    private readonly namespaces: ProjectNamespaces,
    private readonly deletion: ProjectDeletion,
    private readonly runner: OperationRunner,
    private readonly operations: OperationsService,
    private readonly config: AppConfig,
  ) {}

  /** Stores the project with its quotas and administrators, then makes its own namespace in each cluster; one that is away keeps no other waiting. */
  async create(caller: Principal, body: unknown, { dryRun }: { dryRun: boolean }): Promise<ProjectObject> {
    await this.rights.require(caller, { function: FUNCTION, action: 'create' });
    const request = readProject(body, this.config.labelBaseDomain);
    const clusters = await this.located(request.clusters ?? []);
    const row = {
      name: request.name,
      id: randomUUID(),
      labels: request.labels ?? {},
      annotations: request.annotations ?? {},
      resources: request.resources ?? NO_RESOURCES,
      deletePolicy: request.deletePolicy ?? ('Retain' as const),
      createdBy: caller.user,
      createdAt: new Date(),
    };
    if (dryRun) {
      const shown = clusters.map((cluster): ProjectCluster => ({ ...cluster, phase: 'Pending', message: '' }));
      return toProjectObject({ ...row, generation: 1, resourceVersion: '0', deletedAt: null }, shown, this.config.labelBaseDomain);
    }
    const appointed = await this.rows.transaction(async (manager) => {
      await this.rows.insert(manager, row);
      for (const cluster of clusters) await this.rows.putCluster(manager, row.name, cluster.id, cluster);
      return this.appoint(manager, caller, row.name, request.administrators ?? []);
    });
    await this.members.tell(appointed);
    await Promise.all(clusters.map(({ id }) => this.namespaces.prepare(caller, row.name, id)));
    return this.read(row.name);
  }

  /** Those that the caller is a member of; all for administrators and auditors. In the order of names. */
  async list(caller: Principal): Promise<ProjectObject[]> {
    const rows = await this.rows.list(visibleProjects(caller));
    const clusters = await this.rows.clustersOf(rows.map(({ name }) => name));
    // A credential for some clusters, projects or namespaces tells of nothing elsewhere.
    const held = await this.rows.holding((caller.scope?.namespaces ?? []).map(({ namespace }) => namespace));
    const isReached = (project: string, cluster: string) =>
      reachesProject(caller.scope, project, cluster) ||
      (caller.scope?.projects?.includes(project) === true && caller.reachesCluster(cluster)) ||
      held.some((each) => each.project === project && each.cluster === cluster && reaches(caller.scope, cluster, each.namespace));
    return rows.flatMap((row) => {
      const all = clusters.get(row.name) ?? [];
      const reached = all.filter(({ name }) => isReached(row.name, name));
      return caller.scope !== undefined && reached.length === 0 ? [] : [toProjectObject(row, reached, this.config.labelBaseDomain)];
    });
  }

  async get(caller: Principal, name: string): Promise<ProjectObject> {
    await this.rights.require(caller, { function: FUNCTION, action: 'get', project: name });
    return this.read(name);
  }

  /** A JSON merge patch of the project as it is shown. Quotas, clusters and resources are for those who manage all projects. */
  async patch(caller: Principal, name: string, patch: unknown, { dryRun }: { dryRun: boolean }): Promise<ProjectObject> {
    await this.rights.require(caller, { function: FUNCTION, action: 'update', project: name });
    const row = await this.rows.get(name);
    const shown = await this.read(name);
    const request = readProject(this.changed(shown, patch, name), this.config.labelBaseDomain);
    if (request.resourceVersion !== undefined && request.resourceVersion !== row.resourceVersion)
      throw conflict(`the project "${name}" was changed since it was read: get it again and repeat the change`, { kind: 'projects', name });
    await this.requirePlatform(caller, shown, request);
    const clusters = await this.located(request.clusters ?? []);
    const before = (await this.rows.clustersOf([name])).get(name) ?? [];
    const gone = before.filter(({ id }) => clusters.every((cluster) => cluster.id !== id));
    const changed = {
      labels: request.labels ?? {},
      annotations: request.annotations ?? {},
      resources: request.resources ?? NO_RESOURCES,
      deletePolicy: request.deletePolicy ?? row.deletePolicy,
    };
    const work = this.rows.transaction(async (manager) => {
      await this.rows.update(manager, row, changed);
      for (const cluster of clusters) await this.setQuota(manager, name, cluster);
      for (const cluster of gone) await this.deletion.leaveCluster(manager, name, cluster);
      const appointed = await this.appoint(manager, caller, name, request.administrators ?? []);
      if (dryRun) throw new Tried();
      return appointed;
    });
    if (dryRun) {
      await work.catch((error: unknown) => {
        if (!(error instanceof Tried)) throw error;
      });
      const phaseOf = new Map(before.map(({ id, phase, message }) => [id, { phase, message }]));
      const after = clusters.map(
        (cluster): ProjectCluster => ({ ...cluster, ...(phaseOf.get(cluster.id) ?? { phase: 'Pending', message: '' }) }),
      );
      return toProjectObject({ ...row, ...changed, generation: row.generation + 1 }, after, this.config.labelBaseDomain);
    }
    await this.members.tell(await work);
    await Promise.all(gone.map((cluster) => this.deletion.removeInner(caller, name, cluster)));
    const added = clusters.filter(({ id }) => before.every((cluster) => cluster.id !== id));
    await Promise.all(added.map(({ id }) => this.namespaces.prepare(caller, name, id)));
    return this.read(name);
  }

  /** Per cluster: what the project has, what its namespaces have taken of it, and what is left (PRJ-3). */
  async quotas(caller: Principal, name: string): Promise<ProjectQuota[]> {
    await this.rights.require(caller, { function: 'platform-manage-projectbinding', action: 'get', project: name });
    await this.rows.get(name);
    const clusters = (await this.rows.clustersOf([name])).get(name) ?? [];
    return this.rows.transaction((manager) =>
      Promise.all(
        clusters.map(async ({ id, name: cluster, hard }) =>
          toProjectQuota(cluster, hard, await this.ledger.allocated(manager, { project: name, clusterId: id })),
        ),
      ),
    );
  }

  /** `namespaces` says what becomes of them, and may be absent where there are none (PRJ-6). Answers with the operation, which goes on by itself. */
  async delete(caller: Principal, name: string, namespaces: 'retain' | 'delete' | undefined): Promise<OperationResponse> {
    await this.rights.require(caller, { function: FUNCTION, action: 'delete', project: name });
    await this.rows.get(name);
    const { operation } = await this.runner.launch(await this.deletion.plan(caller, name, namespaces));
    return this.operations.get(caller, operation.id);
  }

  private async read(name: string): Promise<ProjectObject> {
    const row = await this.rows.get(name);
    return toProjectObject(row, (await this.rows.clustersOf([name])).get(name) ?? [], this.config.labelBaseDomain);
  }

  private changed(shown: ProjectObject, patch: unknown, name: string): object {
    const domain = this.config.labelBaseDomain;
    const changed = mergePatch(shown, patch) as ProjectObject;
    if (changed.metadata?.name !== name) throw invalid('the project', [{ field: 'metadata.name', message: `must stay "${name}"` }]);
    const own = (key: string) =>
      key === `${domain}/project` || key === `${domain}/project.level` || key === `${domain}/project.parent` || key === `${domain}/creator`;
    const without = (all: Record<string, string> | undefined) => Object.fromEntries(Object.entries(all ?? {}).filter(([key]) => !own(key)));
    const patched = (patch as { metadata?: { resourceVersion?: string } } | null)?.metadata?.resourceVersion;
    const { resourceVersion: _shown, ...metadata } = changed.metadata;
    return {
      ...changed,
      metadata: {
        ...metadata,
        ...(patched === undefined ? {} : { resourceVersion: patched }),
        labels: without(changed.metadata.labels),
        annotations: without(changed.metadata.annotations),
      },
    };
  }

  /** What of a project only those may change who make projects: a project's own administrators would raise their own quota else. */
  private async requirePlatform(caller: Principal, shown: ProjectObject, request: ProjectRequest): Promise<void> {
    const asked = (request.clusters ?? []).map(toShownCluster);
    const isSame = (one: unknown, other: unknown) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
    if (isSame(asked, shown.spec.clusters) && isSame(request.resources ?? NO_RESOURCES, shown.spec.resources)) return;
    await this.rights.require(caller, { function: FUNCTION, action: 'create' });
  }

  private async located(clusters: readonly ProjectClusterRequest[]): Promise<AskedCluster[]> {
    const causes: StatusCause[] = [];
    const found = await Promise.all(
      clusters.map(async (cluster, index) => {
        const id = await this.clusters.idOf(cluster.name).catch(() => undefined);
        if (id === undefined) causes.push({ field: `spec.clusters[${index}].name`, message: `no cluster "${cluster.name}" is registered` });
        return { ...cluster, id: id ?? '' };
      }),
    );
    if (causes.length > 0) throw invalid('the project', causes);
    return found;
  }

  /** Throws 422 with the numbers when the namespaces have taken more than the new quota. */
  private async setQuota(manager: EntityManager, project: string, { id, name, hard, type }: AskedCluster): Promise<void> {
    await this.rows.putCluster(manager, project, id, { hard, type });
    const allocated = await this.ledger.allocated(manager, { project, clusterId: id });
    const causes = [...toAmounts(hard)].flatMap(([key, limit]) => {
      const taken = allocated.get(key) ?? 0n;
      if (taken <= limit) return [];
      const text = formatQuantity(taken, hard[key]);
      return [
        {
          field: `spec.clusters[${name}].quota[${key}]`,
          message: `is ${hard[key]}, but the namespaces of the project have taken ${text}: reduce their quotas first`,
        },
      ];
    });
    if (causes.length > 0) throw invalid('the project', causes);
  }

  private appoint(manager: EntityManager, caller: Principal, project: string, users: readonly string[]): Promise<string[]> {
    return users.length === 0
      ? Promise.resolve([])
      : this.members.appoint(caller, { scope: 'project', project }, users, PROJECT_ADMINISTRATOR, manager);
  }
}

/** Takes the transaction of a dry run back. */
class Tried extends Error {}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, below]) => [key, sorted(below)]),
  );
}
