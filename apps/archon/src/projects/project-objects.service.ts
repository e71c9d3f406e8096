import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ApiError, badRequest, conflict, unsupportedMediaType } from '#errors';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { type IncludeObject, wantsTable } from '../http/kubernetes-table.js';
import { OperationsService } from '../operations/operations.service.js';
import { readDeleteOptions } from './delete-options.js';
import { OfficialProjects } from './official-projects.service.js';
import type { ProjectObject } from './project-object.js';
import type { ListProjectObjectsQuery } from './project-objects.dto.js';
import { toProjectTable } from './project-table.js';
import { ProjectsService } from './projects.service.js';

/** kubectl looks for the object when its deletion was answered: it should find nothing, rather than having to watch. */
const DELETION_MS = 15_000;
const LOOK_MS = 200;
const PATCH_TYPES = ['application/merge-patch+json', 'application/json'];

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Projects as kubectl and other Kubernetes clients see them: objects of the global cluster. */
@Injectable()
export class ProjectObjects {
  constructor(
    private readonly projects: ProjectsService,
    private readonly official: OfficialProjects,
    private readonly operations: OperationsService,
    private readonly config: AppConfig,
  ) {}

  async list(caller: Principal, query: ListProjectObjectsQuery, headers: Headers): Promise<object> {
    requireSelf(headers);
    const list = await this.official.list(caller, query);
    return wantsTable(headers.accept?.toString()) ? this.table(list.items, list.metadata, query.includeObject) : list;
  }

  async get(caller: Principal, name: string, include: IncludeObject | undefined, headers: Headers): Promise<object> {
    requireSelf(headers);
    const project = await this.projects.get(caller, name);
    const { resourceVersion } = project.metadata;
    return wantsTable(headers.accept?.toString()) ? this.table([project], { resourceVersion }, include) : project;
  }

  async create(caller: Principal, body: unknown, options: { dryRun: boolean }, headers: Headers): Promise<ProjectObject> {
    requireSelf(headers);
    return this.projects.create(caller, body, options);
  }

  async patch(caller: Principal, name: string, patch: unknown, options: { dryRun: boolean }, headers: Headers): Promise<ProjectObject> {
    requireSelf(headers);
    // What another kind of patch says would be read as something else.
    const type = headers['content-type']?.toString().split(';')[0]?.trim().toLowerCase() ?? '';
    if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType(type, PATCH_TYPES);
    return this.projects.patch(caller, name, patch, options);
  }

  /**
   * What becomes of the namespaces is what the project itself says (`spec.clusterDeletePolicy`). Answers when it is gone, or with the project
   * as it is where a cluster keeps it waiting.
   */
  async delete(caller: Principal, name: string, body: unknown, options: { dryRun: boolean }, headers: Headers): Promise<object> {
    requireSelf(headers);
    const { uid, isDryRun } = readDeleteOptions(body);
    if (options.dryRun || isDryRun) throw badRequest('the deletion of a project can not be tried: leave dryRun out');
    const project = await this.projects.get(caller, name);
    if (uid !== undefined && uid !== project.metadata.uid)
      throw conflict(`the project "${name}" has the uid ${project.metadata.uid}, not ${uid}`, { kind: 'projects', name });
    const { id } = await this.projects.delete(caller, name, project.spec.clusterDeletePolicy === 'Delete' ? 'delete' : 'retain');
    const deadline = performance.now() + DELETION_MS;
    while (!(await this.hasEnded(caller, id)) && performance.now() < deadline) await sleep(LOOK_MS);
    return (await this.find(caller, name)) ?? deleted(project);
  }

  private async hasEnded(caller: Principal, id: string): Promise<boolean> {
    const { phase } = await this.operations.get(caller, id);
    return phase === 'Succeeded' || phase === 'Failed' || phase === 'Undone';
  }

  private async find(caller: Principal, name: string): Promise<ProjectObject | undefined> {
    try {
      return await this.projects.get(caller, name);
    } catch (error) {
      // Who was a member of it is none any more.
      if (error instanceof ApiError && (error.code === 404 || error.code === 403)) return undefined;
      throw error;
    }
  }

  private table(items: readonly ProjectObject[], metadata: object, include: IncludeObject = 'Metadata'): object {
    return toProjectTable(items, metadata, { include, now: new Date(), domain: this.config.labelBaseDomain });
  }
}

/** Whom a cluster would be asked to act as is a question of its own rights: here nobody acts as another. */
function requireSelf(headers: Headers): void {
  if (Object.keys(headers).some((name) => name.toLowerCase().startsWith('impersonate-')))
    throw badRequest('projects are read and changed in nobody else\'s name: leave "Impersonate-User" (kubectl --as) out');
}

const deleted = ({ metadata: { name, uid } }: ProjectObject): object => ({
  apiVersion: 'v1',
  kind: 'Status',
  metadata: {},
  status: 'Success',
  details: { name, group: 'auth.alauda.io', kind: 'projects', uid },
});
