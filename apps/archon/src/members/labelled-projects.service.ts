import { Injectable } from '@nestjs/common';
import { Identity, KubernetesGateway } from '#kubernetes';
import { ADMINISTRATORS } from '../auth/principal.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import type { ProjectDirectory } from './project-directory.js';

const FRESH_MS = 1000;

/** Projects as the labels of namespaces tell them. */
@Injectable()
export class LabelledProjects implements ProjectDirectory {
  private known: { at: number; namespaces: Promise<{ cluster: string; namespace: string; project: string }[]> } | undefined;

  constructor(
    private readonly clusters: ClustersService,
    private readonly kubernetes: KubernetesGateway,
    private readonly config: AppConfig,
  ) {}

  async has(project: string): Promise<boolean> {
    return (await this.namespacesOf(project)).length > 0;
  }

  async clustersOf(project: string): Promise<string[]> {
    return [...new Set((await this.namespacesOf(project)).map(({ cluster }) => cluster))];
  }

  async projectOf(cluster: string, namespace: string): Promise<string | undefined> {
    return (await this.namespaces()).find((each) => each.cluster === cluster && each.namespace === namespace)?.project;
  }

  async namespacesOf(project: string): Promise<{ cluster: string; namespace: string }[]> {
    return (await this.namespaces()).filter((each) => each.project === project);
  }

  private namespaces() {
    const now = performance.now();
    if (this.known === undefined || now - this.known.at > FRESH_MS) this.known = { at: now, namespaces: this.load() };
    return this.known.namespaces;
  }

  private async load() {
    const label = `${this.config.labelBaseDomain}/project`;
    const identity = Identity.of('archon', [ADMINISTRATORS]);
    const lists = await Promise.all(
      (await this.clusters.enabledConnections()).map(async (cluster) => {
        const ref = { group: '', version: 'v1', resource: 'namespaces' };
        const { items } = await this.kubernetes.list({ cluster, identity }, ref, { labelSelector: label });
        return items.map(({ metadata }) => ({
          cluster: cluster.name,
          namespace: metadata.name ?? '',
          project: metadata.labels?.[label] ?? '',
        }));
      }),
    );
    return lists.flat();
  }
}
