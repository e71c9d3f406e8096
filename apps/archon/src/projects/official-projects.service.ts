import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { NamespaceLists } from '../namespaces/namespace-lists.service.js';
import type { OfficialNamespaceListResponse } from './official-projects.dto.js';
import { type OfficialListQuery, officialFilter, readOrder } from './official-projects.js';
import { selectProjects } from './project-list.js';
import type { ProjectListResponse } from './projects.dto.js';
import { ProjectsService } from './projects.service.js';

const ALL = Number.MAX_SAFE_INTEGER;

/** Projects and their namespaces as the official `auth.alauda.io/v1` lists them. */
@Injectable()
export class OfficialProjects {
  constructor(
    private readonly projects: ProjectsService,
    private readonly namespaces: NamespaceLists,
    private readonly config: AppConfig,
  ) {}

  /** Those that the caller sees. */
  async list(caller: Principal, query: OfficialListQuery): Promise<ProjectListResponse> {
    const matches = officialFilter(query, this.config.labelBaseDomain);
    const page = toPage(query);
    const seen = await this.projects.list(caller);
    const list = selectProjects(seen.filter(matches), page, this.config.labelBaseDomain);
    const newest = seen.reduce(
      (max, { metadata }) => (BigInt(metadata.resourceVersion) > max ? BigInt(metadata.resourceVersion) : max),
      0n,
    );
    return { ...list, metadata: { ...list.metadata, resourceVersion: newest.toString() } };
  }

  /** The namespaces of a project in one cluster, as plain Kubernetes objects; as far as the caller sees them. */
  async listNamespaces(
    caller: Principal,
    project: string,
    cluster: string,
    query: OfficialListQuery,
  ): Promise<OfficialNamespaceListResponse> {
    const matches = officialFilter(query, this.config.labelBaseDomain);
    const list = await this.namespaces.ofProject(caller, project, { ...toPage(query), clusters: [cluster] }, matches);
    return {
      apiVersion: 'v1',
      kind: 'NamespaceList',
      metadata: list.metadata,
      items: list.items.map(({ metadata, status }) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata,
        spec: { finalizers: ['kubernetes'] },
        status: { phase: status.phase },
      })),
    };
  }
}

/** A list of ours is asked with `limit` only where there is one. */
const toPage = ({ labelSelector, limit, continue: token, sortBy }: OfficialListQuery) => ({
  ...(labelSelector === undefined ? {} : { labelSelector }),
  ...(token === undefined || token === '' ? {} : { continue: token }),
  limit: limit === undefined || limit === 0 ? ALL : limit,
  sort: readOrder(sortBy),
});
