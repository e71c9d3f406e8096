import { Injectable } from '@nestjs/common';
import { forbidden } from '#errors';
import { type ClusterConnection, type Identity, type RequestAttributes, requestAttributes } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { requireKubernetesInScope } from '../auth/scoped-access.js';
import { namespaceInPath } from '../auth/target-groups.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { ClusterRights } from './cluster-rights.service.js';
import { type Impersonation, impersonationQuestions, type RightsQuestion, toIdentity } from './impersonation.js';

/** What is asked of a cluster: all that a decision rests on, so that it can be made again while a session lasts. */
export interface Asked {
  cluster: string;
  method: string;
  /** Path and query at the cluster. */
  path: string;
  /** Whatever may make Node or the cluster take the request for an upgrade counts as one. */
  upgrade: boolean;
  contentType: string | undefined;
  impersonation: Impersonation | undefined;
}

export interface AdmittedTarget {
  cluster: ClusterConnection;
  identity: Identity;
}

/** Paths that may need more than the cluster's own check of the request; an encoded letter may hide one. */
const SPECIAL = /\/(?:proxy|exec|attach|portforward)(?:\/|\?|$)|^[^?]*%/;
const SHELLS: readonly string[] = ['exec', 'attach', 'portforward'];

/** Decides who may send what to which cluster, and as whom. The cluster's RBAC decides the rest. */
@Injectable()
export class Admission {
  constructor(
    private readonly clusters: ClustersService,
    private readonly rights: ClusterRights,
    private readonly config: AppConfig,
  ) {}

  /**
   * Throws 403 with what is missing, 404 or 503 when the cluster is not there or is not to be used; or answers so later, where somebody has
   * to be asked.
   */
  admit(principal: Principal, asked: Asked): AdmittedTarget | Promise<AdmittedTarget> {
    if (principal.scope !== undefined)
      requireKubernetesInScope(principal.scope, { ...asked, impersonates: asked.impersonation !== undefined });
    const attributes = SPECIAL.test(asked.path) ? requestAttributes(asked.method, asked.path) : undefined;
    if (attributes !== undefined) this.requireProxyPermission(principal, attributes);
    const cluster = this.clusters.recall(asked.cluster);
    if (cluster !== undefined && attributes === undefined && asked.impersonation === undefined)
      return { cluster, identity: identityFor(principal, asked) };
    return this.admitAfterAsking(principal, asked, attributes);
  }

  private async admitAfterAsking(principal: Principal, asked: Asked, attributes: RequestAttributes | undefined): Promise<AdmittedTarget> {
    const cluster = await this.clusters.connection(asked.cluster);
    const identity =
      asked.impersonation === undefined ? identityFor(principal, asked) : await this.impersonate(cluster, principal, asked.impersonation);
    // Kubernetes before 1.35 takes a WebSocket's GET for reading (kubernetes#78741).
    if (attributes !== undefined && opensShell(attributes)) await this.require({ cluster, identity }, toQuestion(attributes));
    return { cluster, identity };
  }

  /** Throws 403 when the cluster's RBAC does not, or no longer, allow what a session does. */
  async requireStill(target: AdmittedTarget, asked: Asked): Promise<void> {
    const attributes = requestAttributes(asked.method, asked.path);
    if (attributes.isResource) await this.require(target, toQuestion(attributes));
  }

  private async impersonate(cluster: ClusterConnection, principal: Principal, impersonation: Impersonation): Promise<Identity> {
    const identity = toIdentity(impersonation);
    const questions = impersonationQuestions(impersonation);
    const own = principal.identityAt(cluster.name, undefined);
    await Promise.all(questions.map((question) => this.require({ cluster, identity: own }, question)));
    return identity;
  }

  private async require(target: AdmittedTarget, question: RightsQuestion): Promise<void> {
    if (await this.rights.allows(target, question)) return;
    const { verb, group, resource, subresource, namespace, name } = question;
    const what = [resource, subresource].filter(Boolean).join('/') + (group === '' ? '' : `.${group}`);
    const where = `${name ? ` "${name}"` : ''}${namespace ? ` in the namespace "${namespace}"` : ''}`;
    throw forbidden(
      `user "${target.identity.user}" may not ${verb} ${what}${where} in cluster "${target.cluster.name}": its RBAC does not allow it`,
      {
        cluster: target.cluster.name,
        kind: resource,
        ...(name ? { name } : {}),
      },
    );
  }

  /**
   * Whoever reaches a node's proxy can run commands in all of its Pods, by GET and unseen by the cluster's audit; whoever reaches the proxy
   * of a Service or Pod stands inside the cluster's network.
   */
  private requireProxyPermission(principal: Principal, { resource, subresource, verb }: RequestAttributes): void {
    if (subresource !== 'proxy' && verb !== 'proxy') return;
    const { workloadProxy } = this.config;
    const isNode = resource === 'nodes';
    if (principal.isAdministrator ? isNode || workloadProxy !== 'nobody' : !isNode && workloadProxy === 'everybody') return;
    throw forbidden(
      isNode
        ? 'the proxy of a node is for platform administrators only: with it commands can be run in all of its Pods'
        : 'the proxies of Services and Pods are not open to you: an administrator can change that with ARCHON_WORKLOAD_PROXY',
    );
  }
}

/** This is the path of every request: only for members is the namespace looked for. */
const identityFor = (principal: Principal, { cluster, path }: Asked): Identity =>
  principal.memberships.length === 0 ? principal.identity : principal.identityAt(cluster, namespaceInPath(path));

/** Whether a request opens a way into a Pod. */
export const isShell = ({ resource, subresource }: RequestAttributes): boolean => resource === 'pods' && SHELLS.includes(subresource);

const opensShell = (attributes: RequestAttributes): boolean => isShell(attributes) && attributes.verb === 'get';

function toQuestion(attributes: RequestAttributes): RightsQuestion {
  const { group, resource, subresource, namespace, name } = attributes;
  const verb = isShell(attributes) ? 'create' : attributes.verb;
  return { verb, group, resource, subresource, namespace, name };
}
