import { Inject, Injectable } from '@nestjs/common';
import { notFound } from '#errors';
import type { Principal } from '../auth/principal.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { locationOf, membersFunction } from './granting.js';
import type { Place } from './place.js';
import { PROJECT_DIRECTORY, type ProjectDirectory } from './project-directory.js';
import { Rights } from './rights.service.js';

/** A place as requests name it. */
export type NamedPlace = { project: string } | { cluster: string; namespace: string } | { cluster: string } | { platform: true };

/** Finds the places that members are managed in. Whoever may not do so is not told whether there is such a place. */
@Injectable()
export class Places {
  constructor(
    private readonly rights: Rights,
    private readonly clusters: ClustersService,
    @Inject(PROJECT_DIRECTORY) private readonly projects: ProjectDirectory,
  ) {}

  /** Throws 403 when the caller may not do that with members there, 404 when there is no such place. */
  async open(caller: Principal, named: NamedPlace, action: string): Promise<Place> {
    if ('project' in named) return this.openProject(caller, named.project, action);
    if ('namespace' in named) return this.openNamespace(caller, named, action);
    const scope = 'cluster' in named ? 'cluster' : 'platform';
    await this.rights.require(caller, { function: membersFunction({ scope }), action, ...locationOf({ scope, ...named }) });
    return 'cluster' in named ? { scope, cluster: named.cluster, clusterId: await this.clusters.getId(named.cluster) } : { scope };
  }

  private async openProject(caller: Principal, project: string, action: string): Promise<Place> {
    const place = { scope: 'project', project } as const;
    await this.rights.require(caller, { function: membersFunction(place), action, project });
    if (!(await this.projects.has(project))) throw notFound('projects', project, 'auth.alauda.io');
    return place;
  }

  /** A namespace without a project has no members: there is nobody whom they could come from. */
  private async openNamespace(caller: Principal, named: { cluster: string; namespace: string }, action: string): Promise<Place> {
    const project = await this.projects.projectOf(named.cluster, named.namespace);
    const place = { scope: 'namespace', ...named, ...(project === undefined ? {} : { project }) } as const;
    await this.rights.require(caller, { function: membersFunction(place), action, ...locationOf(place) });
    const clusterId = await this.clusters.getId(named.cluster);
    if (project === undefined)
      throw notFound('namespaces', named.namespace).with({
        cluster: named.cluster,
        causes: [{ reason: 'NotInProject', message: 'no project holds this namespace: import it into one first' }],
      });
    return { ...place, clusterId };
  }
}
