import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { KubernetesObject } from '#kubernetes';
import { FencedDatabase, type Reflected } from '../apps/archon/src/index/fenced.repository.js';
import { IndexedKinds } from '../apps/archon/src/index/indexed-kinds.repository.js';
import { IndexedNamespaces } from '../apps/archon/src/index/indexed-namespaces.repository.js';
import { toObjectRow } from '../apps/archon/src/index/object-row.js';
import { ObjectWriter } from '../apps/archon/src/index/object-writer.repository.js';
import { Reflections } from '../apps/archon/src/index/reflections.repository.js';

/** How large an index is made. */
export interface SearchScale {
  clusters: number;
  namespacesPerCluster: number;
  objects: number;
}

/** Who sees how many namespaces of each cluster, by user. */
export type SearchReaders = Record<string, number>;

export interface PodsOfCluster {
  reflected: Reflected;
  pods: KubernetesObject[];
}

interface IndexedType {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  /** Of all objects. */
  share: number;
}

const core = (resource: string, kind: string, share: number): IndexedType => ({
  group: '',
  version: 'v1',
  resource,
  kind,
  namespaced: true,
  share,
});
const apps = (resource: string, kind: string, share: number): IndexedType => ({ ...core(resource, kind, share), group: 'apps' });
const RBAC = 'rbac.authorization.k8s.io';
const rbac = (resource: string, kind: string, namespaced: boolean): IndexedType => ({
  group: RBAC,
  version: 'v1',
  resource,
  kind,
  namespaced,
  share: 0,
});
const PODS = core('pods', 'Pod', 0.6);
const TYPES = [
  PODS,
  apps('replicasets', 'ReplicaSet', 0.12),
  apps('deployments', 'Deployment', 0.06),
  core('services', 'Service', 0.06),
  core('configmaps', 'ConfigMap', 0.1),
  core('secrets', 'Secret', 0.06),
];
const RBAC_TYPES = [
  rbac('roles', 'Role', true),
  rbac('rolebindings', 'RoleBinding', true),
  rbac('clusterroles', 'ClusterRole', false),
  rbac('clusterrolebindings', 'ClusterRoleBinding', false),
];
/** Of applications: each is in one name of twenty. */
const WORDS = [
  'checkout',
  'cart',
  'payment',
  'catalog',
  'search',
  'profile',
  'shipping',
  'invoice',
  'gateway',
  'worker',
  'cache',
  'mailer',
  'ledger',
  'stock',
  'review',
  'coupon',
  'session',
  'tracking',
  'returns',
  'loyalty',
];
/** In so many names of all. */
export const RARE = { word: 'zebra', count: 20 };
export const FREQUENT = WORDS[0] as string;
const STATES = ['Running', 'Running', 'Running', 'Running', 'Running', 'Running', 'Pending', 'Succeeded', 'Failed', 'CrashLoopBackOff'];
const BATCH = 500;
const LANES = 4;
const DAY_MS = 86_400_000;

/** An index that nobody follows, filled by the way of the reflectors, and what goes on changing it. */
export class SearchData {
  private readonly writer: ObjectWriter;
  private readonly reflections: Reflections;
  private readonly kinds: IndexedKinds;
  private readonly clusters: number[] = [];
  private version = 1;
  private written = 0;
  private rare = RARE.count;

  constructor(
    private readonly database: DataSource,
    private readonly scale: SearchScale,
  ) {
    const fenced = new FencedDatabase(database);
    this.writer = new ObjectWriter(fenced, new IndexedNamespaces(fenced, database));
    this.reflections = new Reflections(fenced, database);
    this.kinds = new IndexedKinds(database);
  }

  /** Writes all objects; gives how many rows were written per second. */
  async fill(readers: SearchReaders, administrators: string, onProgress: (written: number) => void): Promise<number> {
    for (const { group, resource } of [...TYPES, ...RBAC_TYPES]) await this.kinds.numberOf(group, resource);
    for (let index = 0; index < this.scale.clusters; index++) this.clusters.push(await this.addCluster(`cluster-${index}`));
    const begin = performance.now();
    const left = this.clusters.entries();
    const lane = async () => {
      for (const [index, cluster] of left) {
        await this.fillCluster(cluster, index, readers, administrators);
        onProgress(this.written);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return this.written / ((performance.now() - begin) / 1000);
  }

  /** New states of Pods in one cluster. */
  async change(turn: number, count: number): Promise<void> {
    await this.write(await this.pods(turn, count));
  }

  /** Some Pods of one cluster as they are. */
  async pods(turn: number, count: number): Promise<PodsOfCluster> {
    const cluster = this.clusters[turn % this.clusters.length] ?? 0;
    const reflected = await this.reflected(cluster, PODS);
    const pods = await this.database.query<{ body: KubernetesObject }[]>(
      'select body from object_bodies where kind = $1 and cluster = $2 and uid > $3 order by uid limit $4',
      [reflected.kind, cluster, randomUUID(), count],
    );
    return { reflected, pods: pods.map(({ body }) => body) };
  }

  /** Gives each a new state, and says how many there were. */
  async write({ reflected, pods }: PodsOfCluster): Promise<number> {
    const phase = STATES[this.version % STATES.length];
    await this.apply(
      reflected,
      PODS,
      pods.map((pod) => ({ ...pod, status: { ...(pod.status as object), phase } })),
    );
    return pods.length;
  }

  private async addCluster(name: string): Promise<number> {
    const [row] = await this.database.query<{ id: number }[]>(
      `with added as (
         insert into clusters (id, name, display_name, labels, annotations, endpoint, credential, generation, resource_version, checks, expirations,
           system_uid, service_account_tokens, missing_permissions, created_by, created_at)
         values (gen_random_uuid(), $1, '', '{}', '{}', 'https://192.0.2.1', '', 1, 1, '[]', '[]', gen_random_uuid(), false, '{}', 'bench', now())
         returning id)
       insert into indexed_clusters (cluster_id, lease_token) select id, 1 from added returning id`,
      [name],
    );
    return row?.id ?? 0;
  }

  private async fillCluster(cluster: number, index: number, readers: SearchReaders, administrators: string): Promise<void> {
    const perCluster = Math.floor(this.scale.objects / this.scale.clusters);
    for (const type of TYPES) {
      const count = Math.round(perCluster * type.share);
      await this.list(cluster, type, count, (turn) => this.object(type, index, turn));
    }
    const namespaces = this.scale.namespacesPerCluster;
    const roleRef = (name: string) => ({ apiGroup: RBAC, kind: 'ClusterRole', name });
    const role = (name: string, verbs: string[]) => ({ metadata: { name }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs }] });
    const group = { apiGroup: RBAC, kind: 'Group', name: administrators };
    const bindings = Object.entries(readers).flatMap(([user, count]) =>
      Array.from({ length: count }, (_, turn) => ({
        metadata: { name: `reads-${user.replace('@', '-')}`, namespace: `ns-${index}-${(turn * 7) % namespaces}` },
        roleRef: roleRef('view'),
        subjects: [{ apiGroup: RBAC, kind: 'User', name: user }],
      })),
    );
    const all = [
      [],
      bindings,
      [role('cluster-admin', ['*']), role('view', ['get', 'list', 'watch'])],
      [{ metadata: { name: 'administrators' }, roleRef: roleRef('cluster-admin'), subjects: [group] }],
    ];
    for (const [turn, type] of RBAC_TYPES.entries()) {
      const objects = all[turn] ?? [];
      await this.list(cluster, type, objects.length, (place) => {
        const { metadata, ...fields } = objects[place] as { metadata: object };
        return { ...headOf(type), metadata: { ...this.metadata(), ...metadata }, ...fields };
      });
    }
  }

  private async list(cluster: number, type: IndexedType, count: number, make: (turn: number) => KubernetesObject): Promise<void> {
    const reflected = await this.reflected(cluster, type);
    await this.reflections.start(reflected, type);
    for (let turn = 0; turn < count; turn += BATCH)
      await this.apply(
        reflected,
        type,
        Array.from({ length: Math.min(BATCH, count - turn) }, (_, offset) => make(turn + offset)),
      );
    // Everything is there: the list has come to its end.
    await this.database.query(
      `update reflections set listed_at = now(), synced_at = now(), state = 'Watching', resource_version = '1' where cluster = $1 and kind = $2`,
      [cluster, reflected.kind],
    );
  }

  private async apply(reflected: Reflected, type: IndexedType, objects: readonly KubernetesObject[]): Promise<void> {
    const changes = objects.flatMap((object) => {
      const next = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } };
      const row = toObjectRow(next, type, []);
      return row === undefined ? [] : [{ row }];
    });
    await this.writer.apply(reflected, changes, String(this.version));
    this.written += changes.length;
  }

  private async reflected(cluster: number, { group, resource }: IndexedType): Promise<Reflected> {
    return { cluster, kind: await this.kinds.numberOf(group, resource), token: '1' };
  }

  private object(type: IndexedType, cluster: number, turn: number): KubernetesObject {
    const word = WORDS[turn % WORDS.length] ?? '';
    const rare = type === PODS && turn % 997 === 5 && this.rare > 0 && this.rare-- > 0 ? `${RARE.word}-` : '';
    const app = `${word}-${Math.floor(turn / WORDS.length) % 40}`;
    const namespace = `ns-${cluster}-${turn % this.scale.namespacesPerCluster}`;
    const labels = { app, tier: turn % 6 === 0 ? 'web' : 'db', 'app.kubernetes.io/part-of': word };
    const name = `${rare}${app}-${randomUUID().slice(0, 13)}`;
    return { ...headOf(type), metadata: { ...this.metadata(), name, namespace, labels }, ...contents(type, turn, app) };
  }

  private metadata() {
    return { uid: randomUUID(), creationTimestamp: new Date(Date.now() - Math.floor(Math.random() * 300 * DAY_MS)).toISOString() };
  }
}

const headOf = ({ group, version, kind }: IndexedType) => ({ apiVersion: group === '' ? version : `${group}/${version}`, kind });

/** About as much as such objects have. */
function contents({ kind }: IndexedType, turn: number, app: string): object {
  const container = {
    name: app,
    image: `registry.example.org/shop/${app}:1.${turn % 50}`,
    env: Array.from({ length: 6 }, (_, index) => ({ name: `SETTING_${index}`, value: `value of ${index}` })),
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
    ports: [{ containerPort: 8080, protocol: 'TCP' }],
  };
  const phase = STATES[turn % STATES.length];
  if (kind === 'Pod')
    return {
      spec: { nodeName: `node-${turn % 50}`, serviceAccountName: 'default', containers: [container], restartPolicy: 'Always' },
      status: {
        phase,
        podIP: '10.0.0.1',
        conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True' })),
      },
    };
  if (kind === 'Deployment' || kind === 'ReplicaSet')
    return {
      spec: {
        replicas: 2,
        selector: { matchLabels: { app } },
        template: { metadata: { labels: { app } }, spec: { containers: [container] } },
      },
      status: { replicas: 2, readyReplicas: 2, observedGeneration: 1 },
    };
  if (kind === 'Service') return { spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }], type: 'ClusterIP' } };
  return { data: { 'settings.yaml': '', token: '' } };
}
