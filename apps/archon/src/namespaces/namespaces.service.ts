import { Injectable } from '@nestjs/common';
import { alreadyExists, conflict, invalid, notFound } from '#errors';
import { type ClusterConnection, KubernetesGateway, type KubernetesObject, type Target } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import type { Principal } from '../auth/principal.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { Rights } from '../members/rights.service.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import { type OperationResponse, OperationsService } from '../operations/operations.service.js';
import { belowUse, belowUseCauses } from '../quotas/fit.js';
import { mergeLimitRanges, mergeQuotas, quotaWarning } from '../quotas/merge.js';
import { ProjectsDirectory } from '../projects/projects-directory.service.js';
import { MemberGroups } from './member-groups.service.js';
import { namespaceName, requireUnprotected } from './namespace-names.js';
import { NamespacePlans } from './namespace-plans.service.js';
import { NamespaceReader } from './namespace-reader.service.js';
import { NamespaceRows } from './namespace-rows.service.js';
import { limitRangeRef, namespaceRef, type NamespacePlace, quotaRef } from './namespace-objects.js';
import { type NamespaceRequest, readNamespaceRequest } from './namespace-request.js';
import { toChanged, toDesired, toObserved } from './namespace-state.js';
import type { NamespaceEntity } from './namespace.entity.js';

/** The objects of a namespace as the official API groups them; what is not there is absent. */
export interface GeneralNamespace {
  namespace: KubernetesObject;
  resourcequota?: KubernetesObject;
  limitrange?: KubernetesObject;
  /** What should be put right by hand. */
  warnings?: string[];
}

/** Namespaces of projects (NS-1 … NS-14). Archon decides by its own table who may, and does it with the platform's rights. */
@Injectable()
export class NamespacesService {
  constructor(
    private readonly clusters: ClustersService,
    private readonly projects: ProjectsDirectory,
    private readonly rights: Rights,
    private readonly rows: NamespaceRows,
    private readonly plans: NamespacePlans,
    private readonly reader: NamespaceReader,
    private readonly groups: MemberGroups,
    private readonly runner: OperationRunner,
    private readonly operations: OperationsService,
    private readonly kubernetes: KubernetesGateway,
    private readonly config: AppConfig,
  ) {}

  /** Makes a namespace in a project, all or nothing. Throws 403 with the numbers when the project's quota does not suffice. */
  async create(
    caller: Principal,
    cluster: string,
    body: unknown,
    { project: asked, dryRun }: { project: string | undefined; dryRun: boolean },
  ): Promise<GeneralNamespace> {
    const request = readNamespaceRequest(body, this.config.labelBaseDomain);
    const project = this.projectOf(request, asked);
    await this.rights.require(caller, { function: 'acp-namespaces', action: 'create', project, cluster });
    if (request.name === undefined) throw invalid('the namespace', [{ field: 'name', message: 'is required' }]);
    const place: NamespacePlace = { project, cluster, name: namespaceName(project, request.name), isInner: false };
    await this.requireAssigned(project, request);
    const connection = await this.clusters.connection(cluster);
    await this.requireNew(connection, place.name);
    const plan = await this.plans.create(caller, connection, place, toDesired(request));
    if (dryRun) return this.tried(await this.plans.try(plan, connection));
    return this.remembered(connection, place.name, await this.runner.run(plan));
  }

  /** Takes a namespace that exists, and that no project holds, into a project (NS-7 … NS-9). */
  async import(
    caller: Principal,
    cluster: string,
    name: string,
    body: unknown,
    { project: asked, dryRun }: { project: string | undefined; dryRun: boolean },
  ): Promise<GeneralNamespace> {
    const request = readNamespaceRequest(body, this.config.labelBaseDomain);
    const project = this.projectOf(request, asked);
    await this.rights.require(caller, { function: 'acp-namespace-import', action: 'create', project, cluster });
    requireUnprotected(name);
    if (request.name !== undefined && request.name !== name)
      throw invalid('the namespace', [{ field: 'namespace.metadata.name', message: `must be "${name}", as in the path` }]);
    await this.requireAssigned(project, request);
    const connection = await this.clusters.connection(cluster);
    const live = await this.reader.everything({ cluster: connection, identity: PLATFORM }, name);
    this.requireFree(live.namespace, name);
    const ranges = mergeLimitRanges(live.limitRanges);
    const desired = toDesired({
      ...request,
      hard: request.hard ?? mergeQuotas(live.quotas),
      ...(request.limits === undefined && ranges.limits !== undefined ? { limits: ranges.limits } : {}),
    });
    const warnings = [quotaWarning(live.quotas), ranges.warning].filter((warning) => warning !== undefined);
    const place: NamespacePlace = { project, cluster, name, isInner: false };
    const plan = await this.plans.adopt(caller, connection, place, desired, live.objects);
    if (dryRun) return { ...this.tried(await this.plans.try(plan, connection)), ...(warnings.length === 0 ? {} : { warnings }) };
    const answer = await this.remembered(connection, name, await this.runner.run(plan));
    return { ...answer, ...(warnings.length === 0 ? {} : { warnings }) };
  }

  /** Changes quota, limits, levels, labels, annotations (NS-13); what the body does not mention stays. */
  async update(
    caller: Principal,
    cluster: string,
    name: string,
    body: unknown,
    { dryRun }: { dryRun: boolean },
  ): Promise<GeneralNamespace> {
    const { connection, row } = await this.find(caller, cluster, name, 'update');
    const request = readNamespaceRequest(body, this.config.labelBaseDomain);
    if (request.project !== undefined && request.project !== row.project)
      throw conflict(`the namespace belongs to the project "${row.project}": remove it from that one, then import it`, {
        kind: 'namespaces',
        name,
      });
    if (request.hard !== undefined)
      await this.rights.require(caller, { ...placeOf(row, cluster), function: 'acp-resourcequotas', action: 'update' });
    if (request.limits !== undefined)
      await this.rights.require(caller, { ...placeOf(row, cluster), function: 'acp-limitranges', action: 'update' });
    await this.requireAssigned(row.project, request);
    const target: Target = { cluster: connection, identity: PLATFORM };
    const live = await this.reader.everything(target, name);
    const after = toChanged(row.desired, request);
    const below = belowUse(request.hard ?? {}, toObserved(live.namespace, live.quota).used);
    if (below.length > 0) throw invalid('the namespace', belowUseCauses('quota', below));
    const plan = await this.plans.update(caller, connection, row, after, live.objects);
    if (dryRun) return this.tried(await this.plans.try(plan, connection));
    return this.remembered(connection, name, await this.runner.run(plan));
  }

  /** Takes it out of its project and keeps everything in it (NS-10). A cluster that is away gets it done when it is back. */
  async remove(caller: Principal, cluster: string, name: string): Promise<OperationResponse> {
    const { row, id } = await this.findAnyhow(caller, cluster, name, 'delete');
    const { operation } = await this.runner.launch(await this.plans.remove(caller, { id, name: cluster }, row));
    return this.operations.get(caller, operation.id);
  }

  /** Deletes it with everything in it (NS-11). It holds its quota until it is gone. */
  async delete(caller: Principal, cluster: string, name: string): Promise<OperationResponse> {
    requireUnprotected(name);
    const { row, id } = await this.findAnyhow(caller, cluster, name, 'delete');
    const { operation } = await this.runner.launch(this.plans.delete(caller, { id, name: cluster }, row));
    return this.operations.get(caller, operation.id);
  }

  /** As it is in the cluster. */
  async get(caller: Principal, cluster: string, name: string): Promise<GeneralNamespace> {
    const { connection } = await this.find(caller, cluster, name, 'get');
    return this.live({ cluster: connection, identity: PLATFORM }, name);
  }

  /** Hard limits and use of its ResourceQuota `default`, as the official overview has them. */
  async quotaOverview(
    caller: Principal,
    cluster: string,
    name: string,
  ): Promise<{ hard: Record<string, string>; used: Record<string, string> }> {
    const { connection } = await this.find(caller, cluster, name, 'get', 'acp-namespaceoverviews');
    const { namespace, resourcequota } = await this.live({ cluster: connection, identity: PLATFORM }, name);
    const { hard, used } = toObserved(namespace, resourcequota);
    return { hard, used };
  }

  private async live(target: Target, name: string): Promise<GeneralNamespace> {
    const [namespace, resourcequota, limitrange] = await Promise.all([
      this.kubernetes.get(target, namespaceRef(name)),
      this.kubernetes.find(target, quotaRef(name)),
      this.kubernetes.find(target, limitRangeRef(name)),
    ]);
    return { namespace, ...(resourcequota && { resourcequota }), ...(limitrange && { limitrange }) };
  }

  /** A namespace of a project whose cluster can be asked. */
  async find(
    caller: Principal,
    cluster: string,
    name: string,
    action: string,
    functionName = 'acp-namespaces',
  ): Promise<{ connection: ClusterConnection; row: NamespaceEntity }> {
    const { row } = await this.findAnyhow(caller, cluster, name, action, functionName);
    return { connection: await this.clusters.connection(cluster), row };
  }

  /** Also of a cluster that is away. Whether there is such a namespace is not told to those who may nothing in it. */
  private async findAnyhow(
    caller: Principal,
    cluster: string,
    name: string,
    action: string,
    functionName = 'acp-namespaces',
  ): Promise<{ id: string; row: NamespaceEntity }> {
    const id = await this.clusters.idOf(cluster);
    const row = await this.rows.find({ clusterId: id, name });
    await this.rights.require(caller, {
      function: functionName,
      action,
      cluster,
      namespace: name,
      ...(row === null ? {} : { project: row.project }),
    });
    if (row === null || row.isInner) throw notFound('namespaces', name);
    return { id, row };
  }

  private projectOf({ project }: NamespaceRequest, asked: string | undefined): string {
    if (asked !== undefined && project !== undefined && asked !== project)
      throw invalid('the namespace', [
        { field: 'project', message: `is "${project}" in the body and "${asked}" in the query: they must agree` },
      ]);
    const name = asked ?? project;
    if (name === undefined)
      throw invalid('the namespace', [
        { field: 'project', message: `is required: as project_name in the query, or as label "${this.config.labelBaseDomain}/project"` },
      ]);
    return name;
  }

  /** One that was in a project before has what Archon applied then, which applying something else would take away. */
  private async requireNew(cluster: ClusterConnection, name: string): Promise<void> {
    if ((await this.kubernetes.find({ cluster, identity: PLATFORM }, namespaceRef(name))) === undefined) return;
    throw alreadyExists(`the namespace "${name}" exists already, and nothing was changed: import it, or choose another name`, {
      kind: 'namespaces',
      name,
    });
  }

  /** A storage class in a quota must be one of the project's (NS-3). */
  private async requireAssigned(project: string, { hard }: NamespaceRequest): Promise<void> {
    if (hard !== undefined) await this.projects.requireStorageClasses(project, Object.keys(hard));
  }

  private requireFree({ metadata }: KubernetesObject, name: string): void {
    const holder = metadata.labels?.[`${this.config.labelBaseDomain}/project`];
    if (holder !== undefined)
      throw conflict(`the namespace "${name}" carries the label of the project "${holder}": it must be removed from that one first`, {
        kind: 'namespaces',
        name,
      });
  }

  private tried(objects: readonly KubernetesObject[]): GeneralNamespace {
    const byKind = (kind: string) => objects.find((object) => object.kind === kind);
    const [namespace, resourcequota, limitrange] = [byKind('Namespace'), byKind('ResourceQuota'), byKind('LimitRange')];
    if (namespace === undefined) throw new Error('a namespace has a Namespace');
    return { namespace, ...(resourcequota && { resourcequota }), ...(limitrange && { limitrange }) };
  }

  private async remembered(connection: ClusterConnection, name: string, applied: readonly KubernetesObject[]): Promise<GeneralNamespace> {
    const answer = this.tried(applied);
    await this.rows.observe({ clusterId: connection.id, name }, toObserved(answer.namespace, answer.resourcequota));
    await this.groups.refresh(connection);
    return answer;
  }
}

const placeOf = (row: NamespaceEntity, cluster: string) => ({ project: row.project, cluster, namespace: row.name });
