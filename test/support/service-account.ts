import { randomBytes } from 'node:crypto';
import type { Kubectl } from './kubectl.js';

const NAMESPACE = 'default';

/** A ServiceAccount of a cluster with exactly the given rights, and a token of it by TokenRequest (one hour). */
export class ServiceAccount {
  private constructor(
    private readonly kubectl: Kubectl,
    readonly name: string,
    readonly token: string,
  ) {}

  /** `rules` of its ClusterRole; absent: it may do everything. `kubectl` acts as the cluster's administrator. */
  static async create(kubectl: Kubectl, rules?: object[]): Promise<ServiceAccount> {
    const name = `archon-${randomBytes(4).toString('hex')}`;
    const metadata = { name };
    const rbac = 'rbac.authorization.k8s.io';
    const objects = [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE } },
      ...(rules === undefined ? [] : [{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules }]),
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: rules === undefined ? 'cluster-admin' : name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: NAMESPACE }],
      },
    ];
    await succeed(kubectl, ['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    const token = await succeed(kubectl, ['create', 'token', name, '--namespace', NAMESPACE, '--duration', '1h']);
    return new ServiceAccount(kubectl, name, token.trim());
  }

  /** Its token holds no longer, at the latest when the API server's own cache of tokens has forgotten it (10 s). */
  async delete(): Promise<void> {
    await succeed(this.kubectl, ['delete', `serviceaccount/${this.name}`, '--namespace', NAMESPACE]);
    await succeed(this.kubectl, ['delete', '--ignore-not-found', `clusterrolebinding/${this.name}`, `clusterrole/${this.name}`]);
  }
}

async function succeed(kubectl: Kubectl, args: string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl.run(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}
