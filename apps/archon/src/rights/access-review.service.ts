import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { ApiError, gatewayTimeout } from '#errors';
import { missingForAttributes, missingForFunction, missingPlace, type MissingScope, reachesCluster } from '../auth/access-scope.js';
import type { Membership } from '../auth/membership.js';
import type { Principal } from '../auth/principal.js';
import { outOfScope } from '../auth/scoped-access.js';
import { ClustersService } from '../clusters/clusters.service.js';
import type { FunctionQuestion } from '../members/decision.js';
import { type Grant, grantsFor } from '../members/grants.js';
import { PROJECT_DIRECTORY, type ProjectDirectory } from '../members/project-directory.js';
import { Rights } from '../members/rights.service.js';
import { ClusterRights, type RightsAnswer } from '../proxy/cluster-rights.service.js';
import { RolesService } from '../roles/roles.service.js';
import { AskedAbout } from './asked-about.service.js';
import { type ClusterQuestion, functionsOf, type Question, readQuestion } from './access-question.js';
import type {
  AccessExplanation,
  AccessQuestion,
  CanIAnswer,
  CanIRequest,
  CanIResponse,
  ExplainAccessRequest,
  GrantResponse,
} from './rights.dto.js';

/** What a cluster gets to answer one question. */
const DEADLINE_MS = 5000;
/** Questions that are under way at a time. A cluster that does not answer is given up by its breaker, not by each of them. */
const LANES = 16;

interface Decided extends CanIAnswer {
  decidedBy: AccessExplanation['decidedBy'];
  membership?: Membership;
}

/** Tells callers what they may do, and why. Decides nothing that is not decided elsewhere. */
@Injectable()
export class AccessReview {
  constructor(
    private readonly clusters: ClustersService,
    private readonly clusterRights: ClusterRights,
    private readonly rights: Rights,
    private readonly roles: RolesService,
    private readonly askedAbout: AskedAbout,
    @Inject(PROJECT_DIRECTORY) private readonly projects: ProjectDirectory,
  ) {}

  /** One question, or several; a cluster that can't be asked says so in its own answer. */
  async canI(caller: Principal, { items, ...one }: CanIRequest): Promise<CanIResponse> {
    if (items === undefined) return toAnswer(await this.decide(caller, one, ''));
    const questions = items.map((item, index) => [item, `items[${index}].`] as const);
    for (const [item, at] of questions) readQuestion(item, at);
    const answers = new Array<CanIAnswer>(items.length);
    const entries = questions.entries();
    const lane = async () => {
      for (const [index, [item, at]] of entries) answers[index] = toAnswer(await this.decide(caller, item, at));
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return { items: answers };
  }

  /** Throws as `AskedAbout.find`; somebody else is asked about only within the scope of the credential. */
  async explain(caller: Principal, { user, token, session, ...question }: ExplainAccessRequest): Promise<AccessExplanation> {
    const principal = await this.askedAbout.find(caller, { user, token, session });
    const read = readQuestion(question, '');
    const outside = principal.user === caller.user ? undefined : scopeMissing(caller, read);
    if (outside !== undefined) throw outOfScope(outside);
    const { membership, ...decided } = await this.decide(principal, question, '');
    const { cluster, namespace } = question;
    return {
      ...decided,
      user: principal.user,
      ...(membership === undefined ? {} : { membership: toGrant(membership) }),
      memberships: principal.memberships.filter(({ cluster: of }) => of === undefined || caller.reachesCluster(of)).map(toGrant),
      ...(cluster === undefined ? {} : { groups: [...principal.identityAt(cluster, namespace).groups] }),
      grants: decided.allowed
        ? []
        : await this.grants(read.of === 'function' ? [read.asked] : await this.functionQuestions(caller, read.asked)),
    };
  }

  private async decide(principal: Principal, question: AccessQuestion, at: string): Promise<Decided> {
    const read = readQuestion(question, at);
    const outside = scopeMissing(principal, read);
    if (outside !== undefined)
      return { allowed: false, decidedBy: 'scope', reason: `the credential's scope does not allow this: it needs ${outside.missing}` };
    return read.of === 'function' ? this.decideFunction(principal, read.asked) : this.askCluster(principal, read.asked);
  }

  private async decideFunction(principal: Principal, asked: FunctionQuestion): Promise<Decided> {
    const ground = await this.rights.decide(principal, asked);
    if (ground === undefined) {
      const refusal = await this.rights.require(principal, asked).catch((error: unknown) => error);
      return { allowed: false, decidedBy: 'membership', reason: refusal instanceof ApiError ? refusal.message : 'no role allows it' };
    }
    if (typeof ground === 'string') return { allowed: true, decidedBy: 'platform', reason: `the platform role ${ground} allows it` };
    const { membership, rule } = ground;
    const reason = `the role "${membership.role}" (${membership.scope}) gives ${rule.verbs.join(', ')} on ${rule.function}`;
    return { allowed: true, decidedBy: 'membership', reason, membership };
  }

  private async askCluster(principal: Principal, { cluster, ...attributes }: ClusterQuestion): Promise<Decided> {
    const late = sleep(DEADLINE_MS, undefined, { ref: false }).then(() => {
      throw gatewayTimeout(cluster, `no answer came within ${DEADLINE_MS} ms`);
    });
    try {
      const { allowed, reason } = await Promise.race([this.review(principal, cluster, attributes), late]);
      const told = reason === '' ? '' : `: ${reason}`;
      return {
        allowed,
        decidedBy: 'cluster',
        reason: `the RBAC of the cluster "${cluster}" ${allowed ? 'allows' : 'does not allow'} it${told}`,
      };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { allowed: false, decidedBy: 'cluster', reason: error.message };
    }
  }

  private async review(principal: Principal, name: string, question: Omit<ClusterQuestion, 'cluster'>): Promise<RightsAnswer> {
    const cluster = await this.clusters.connection(name);
    return this.clusterRights.review({ cluster, identity: principal.identityAt(name, question.namespace) }, question);
  }

  /** In the place of a request to a cluster, each function by which roles give rights on what it is about. */
  private async functionQuestions(caller: Principal, asked: ClusterQuestion): Promise<FunctionQuestion[]> {
    const { cluster, namespace, verb } = asked;
    const found = namespace === undefined ? undefined : await this.projects.projectOf(cluster, namespace);
    // Which project holds a namespace, or that one does, is not told to strangers.
    const isKnown = caller.readsEverything || caller.memberships.some((membership) => membership.project === found);
    const project = isKnown ? found : undefined;
    const place = { cluster, ...(namespace === undefined ? {} : { namespace }), ...(project === undefined ? {} : { project }) };
    return functionsOf(asked).map((name) => ({ function: name, action: verb, ...place }));
  }

  private async grants(questions: readonly FunctionQuestion[]): Promise<GrantResponse[]> {
    const roles = await this.roles.all();
    const all = questions.flatMap((question) => grantsFor(roles, question));
    return [...new Map(all.map((grant) => [JSON.stringify(grant), grant])).values()].map(toGrant);
  }
}

/** As the guard and the proxy would find it. */
function scopeMissing({ scope }: Principal, read: Question): MissingScope | undefined {
  if (scope === undefined) return undefined;
  if (read.of === 'function') return missingForFunction(scope, read.asked);
  const { verb, group, resource, subresource = '', name = '', namespace = '' } = read.asked;
  const attributes = { verb, group, version: '', resource, subresource, name, namespace, isResource: true };
  return reachesCluster(scope, read.asked.cluster)
    ? missingForAttributes(scope, read.asked.cluster, attributes)
    : missingPlace(scope, read.asked.cluster, undefined);
}

const toAnswer = ({ allowed, reason }: Decided): CanIAnswer => ({ allowed, reason });

const toGrant = ({ role, scope, project, cluster, namespace }: Grant | Membership): GrantResponse => ({
  role,
  scope,
  ...(project === undefined ? {} : { project }),
  ...(cluster === undefined ? {} : { cluster }),
  ...(namespace === undefined ? {} : { namespace }),
});
