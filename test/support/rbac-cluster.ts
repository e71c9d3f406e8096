import type { KubernetesObject } from '#kubernetes';
import { directClient, inLanes } from './direct-client.js';
import type { TestCluster } from './global-setup.js';
import type { ArchonClient } from './http-client.js';
import type { RbacRequest } from './rbac-graphs.js';
import { eventually } from './wait-for.js';

const GROUP = 'rbac.authorization.k8s.io';
const ROOT = `/apis/${GROUP}/v1`;
const KINDS = ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
const LABEL = 'archon.test/rbac';
const LANES = 16;

const collection = (kind: string, namespace?: string) =>
  `${ROOT}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${kind.toLowerCase()}s`;

/** The RBAC of a real cluster: random objects in namespaces of one's own, and what its authorizer makes of them. */
export class RbacCluster {
  private markers = 0;

  private constructor(
    readonly client: ArchonClient,
    /** Begins the names of everything that is made here, and is its label. */
    private readonly prefix: string,
    private readonly namespaces: readonly string[],
  ) {}

  static async open(cluster: TestCluster, prefix: string, namespaces: readonly string[]): Promise<RbacCluster> {
    const opened = new RbacCluster(await directClient(cluster), prefix, namespaces);
    for (const name of namespaces) await opened.expect(201, 'POST', '/api/v1/namespaces', { metadata: { name } });
    return opened;
  }

  /** The objects as the API server has them afterwards. */
  create(objects: readonly KubernetesObject[]): Promise<KubernetesObject[]> {
    return inLanes(objects, LANES, ({ metadata, ...object }) => {
      const labels = { ...metadata.labels, [LABEL]: this.prefix };
      return this.expect(201, 'POST', collection(object.kind, metadata.namespace), { ...object, metadata: { ...metadata, labels } });
    });
  }

  replace(objects: readonly KubernetesObject[]): Promise<KubernetesObject[]> {
    return inLanes(objects, LANES, (object) => this.expect(200, 'PUT', pathOf(object), object));
  }

  async remove(objects: readonly KubernetesObject[]): Promise<void> {
    await inLanes(objects, LANES, (object) => this.expect(200, 'DELETE', pathOf(object)));
  }

  /** All RBAC objects of the cluster, those of others too: they decide as well. */
  async list(): Promise<KubernetesObject[]> {
    const all: KubernetesObject[] = [];
    for (const kind of KINDS)
      for (let token: string | undefined = ''; token !== undefined; ) {
        const page: { metadata: { continue?: string }; items: KubernetesObject[] } = await this.expect(
          200,
          'GET',
          `${collection(kind)}?limit=500&continue=${encodeURIComponent(token)}`,
        );
        // Items of a typed list come without what the list says once.
        for (const item of page.items) all.push({ ...item, apiVersion: `${GROUP}/v1`, kind });
        token = page.metadata.continue === '' ? undefined : page.metadata.continue;
      }
    return all;
  }

  /**
   * Waits until the authorizer has seen all that was written before: it learns each of the four kinds in their order, so it has when it
   * decides by a Role, a RoleBinding, a ClusterRole and a ClusterRoleBinding that are written now.
   */
  async settled(): Promise<void> {
    const name = `${this.prefix}-marker-${this.markers++}`;
    const [namespace] = this.namespaces;
    const rules = [{ apiGroups: ['example.org'], resources: ['markers'], verbs: ['get'] }];
    const marks = [
      { kind: 'Role', metadata: { name, namespace } },
      { kind: 'ClusterRole', metadata: { name } },
    ];
    await this.create(marks.map((mark) => ({ apiVersion: `${GROUP}/v1`, ...mark, rules })));
    await this.create(
      marks.map(({ kind, metadata }) => ({
        apiVersion: `${GROUP}/v1`,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup: GROUP, kind, name },
        subjects: [{ apiGroup: GROUP, kind: 'User', name: `${name}-${kind}` }],
      })),
    );
    const attributes = { verb: 'get', group: 'example.org', resource: 'markers', ...(namespace === undefined ? {} : { namespace }) };
    for (const { kind } of marks)
      await eventually(() => this.review(`${name}-${kind}`, [], attributes), {
        what: `the authorizer to know a new ${kind}`,
        timeoutMs: 30_000,
      });
  }

  /** What the authorizer says to each of the requests. */
  decide(requests: readonly RbacRequest[]): Promise<boolean[]> {
    return inLanes(requests, LANES, ({ user, groups, attributes: { verb, group, version, resource, subresource, namespace, name } }) =>
      this.review(user, groups, { verb, group, version, resource, subresource, namespace, name }),
    );
  }

  async close(): Promise<void> {
    for (const kind of KINDS.slice(0, 2))
      await this.client.delete(`${collection(kind)}?labelSelector=${encodeURIComponent(`${LABEL}=${this.prefix}`)}`);
    for (const name of this.namespaces) await this.client.delete(`/api/v1/namespaces/${name}`);
    await this.client.close();
  }

  private async review(user: string, groups: readonly string[], resourceAttributes: object): Promise<boolean> {
    const { status } = await this.expect<{ status: { allowed: boolean } }>(
      201,
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, groups, resourceAttributes },
      },
    );
    return status.allowed;
  }

  private async expect<T = KubernetesObject>(expected: number, method: string, path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const { status, text, body: answered } = await this.client.request<T>(method, path, body, headers);
    if (status !== expected) throw new Error(`${method} ${path}: ${status} ${text}`);
    return answered;
  }
}

const pathOf = ({ kind, metadata }: KubernetesObject) => `${collection(kind, metadata.namespace)}/${metadata.name}`;
