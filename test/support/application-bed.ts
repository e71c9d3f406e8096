import { expect } from 'vitest';
import type { Archon } from './archon.js';
import { type KubernetesBody, uniqueName } from './cluster-objects.js';
import { OfficialApi } from './official.js';
import type { OperationBody } from './operations.js';
import { eventually } from './wait-for.js';

export type Fields = Record<string, unknown>;
export type LifeVerb = 'start' | 'stop' | 'restart';
export interface WorkloadBody extends KubernetesBody {
  metadata: KubernetesBody['metadata'] & { generation: number };
  spec: Fields & { replicas?: number; suspend?: boolean; template?: { metadata?: { annotations?: Fields }; spec: Fields } };
  status: Fields;
}
interface ApplicationBody extends KubernetesBody {
  status: { state: string; workloadsStatus: { workloads: { name: string; status: string; current: number }[] } };
}

/** What remembers the replicas of a stopped workload. */
export const REPLICAS_MARK = 'app.cpaas.io/replicas-before-stop';
const official = new OfficialApi('application.v1');

const groupOf: Record<string, string> = {
  configmaps: 'api/v1',
  persistentvolumeclaims: 'api/v1',
  pods: 'api/v1',
  cronjobs: 'apis/batch/v1',
  jobs: 'apis/batch/v1',
  horizontalpodautoscalers: 'apis/autoscaling/v2',
};

export const template = (app: string, pod: Fields = {}) => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image: 'archon.local/web:v1' }], ...pod },
});
export const deployment = (name: string, replicas?: number, spec: Fields = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { ...(replicas === undefined ? {} : { replicas }), selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});
export const cronJob = (name: string, suspend?: boolean) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name },
  spec: {
    schedule: '0 0 29 2 *',
    ...(suspend === undefined ? {} : { suspend }),
    jobTemplate: { spec: { template: template(name, { restartPolicy: 'Never' }) } },
  },
});
export const application = (name: string, componentTemplates: object[]) => ({
  apiVersion: 'app.k8s.io/v1beta1',
  kind: 'Application',
  metadata: { name },
  spec: { componentTemplates },
});

/** Applications of one namespace that are stopped and started, and their workloads. */
export class ApplicationBed {
  constructor(
    readonly archon: Archon,
    readonly namespace: string,
  ) {}

  path(cluster: string, name = ''): string {
    return `/acp/v1/kubernetes/${cluster}/namespaces/${this.namespace}/applications${name === '' ? '' : `/${name}`}`;
  }

  objects(cluster: string, resource: string): string {
    return `/kubernetes/${cluster}/${groupOf[resource] ?? 'apis/apps/v1'}/namespaces/${this.namespace}/${resource}`;
  }

  async workload(cluster: string, resource: string, name: string): Promise<WorkloadBody> {
    const answer = await this.archon.client.get<WorkloadBody>(`${this.objects(cluster, resource)}/${name}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  }

  /** UIDs of the Pods with a label `app`, those that are about to go left out. */
  async podsOf(cluster: string, app: string): Promise<string[]> {
    const { body } = await this.archon.client.get<{ items: (KubernetesBody & { metadata: { deletionTimestamp?: string } })[] }>(
      `${this.objects(cluster, 'pods')}?labelSelector=app%3D${app}`,
    );
    return body.items.flatMap(({ metadata }) => (metadata.deletionTimestamp === undefined ? [metadata.uid ?? ''] : []));
  }

  async create(cluster: string, componentTemplates: object[]): Promise<string> {
    const name = uniqueName('app');
    const answer = await this.archon.client.post(this.path(cluster), application(name, componentTemplates));
    expect(answer.status, answer.text).toBe(200);
    return name;
  }

  async act(cluster: string, name: string, verb: LifeVerb): Promise<void> {
    const answer = await this.archon.client.post(`${this.path(cluster, name)}/${verb}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    if (verb !== 'restart')
      official.check('POST', `/acp/v1/kubernetes/{cluster_name}/namespaces/{namespace}/applications/{name}/${verb}`, answer);
  }

  becomes(cluster: string, name: string, state: string) {
    return eventually(
      async () => {
        const { body } = await this.archon.client.get<[ApplicationBody]>(this.path(cluster, name));
        if (body[0].status.state !== state) throw new Error(JSON.stringify(body[0].status));
        return body[0].status;
      },
      { what: `the application to be ${state}`, timeoutMs: 60_000, intervalMs: 100 },
    );
  }

  async operationsOf(name: string): Promise<string[]> {
    const { body } = await this.archon.client.get<{ items: (OperationBody & { request: { name: string } })[] }>(
      '/acp/v1/operations?limit=500',
    );
    return body.items.flatMap((each) => (each.request.name === name ? [`${each.kind} ${each.phase}`] : []));
  }
}
