import { Inject, Injectable } from '@nestjs/common';
import { forbidden } from '#errors';
import { missingForFunction } from '../auth/access-scope.js';
import type { Principal } from '../auth/principal.js';
import { outOfScope } from '../auth/scoped-access.js';
import { RolesService } from '../roles/roles.service.js';
import { type FunctionQuestion, type Ground, groundOf } from './decision.js';
import { grantsFor } from './grants.js';
import { PROJECT_DIRECTORY, type ProjectDirectory } from './project-directory.js';

export type { FunctionQuestion } from './decision.js';

/** What callers may do with Archon's own objects. What runs in a cluster is up to the cluster's RBAC. */
@Injectable()
export class Rights {
  constructor(
    private readonly roles: RolesService,
    @Inject(PROJECT_DIRECTORY) private readonly projects: ProjectDirectory,
  ) {}

  async allows(principal: Principal, question: FunctionQuestion): Promise<boolean> {
    return (await this.decide(principal, question)) !== undefined;
  }

  /** Throws 403 that names what is missing: of the credential's scope, or the roles that would give it. */
  async require(principal: Principal, question: FunctionQuestion): Promise<void> {
    const outside = principal.scope && missingForFunction(principal.scope, question);
    if (outside !== undefined) throw outOfScope(outside);
    if (await this.allows(principal, question)) return;
    const { function: name, action } = question;
    const message = `${principal.user} may not ${action} ${name}${describe(question)}`;
    const grants = grantsFor(await this.roles.all(), await this.locatedFor(principal, question)).map(
      ({ role, scope }) => `"${role}" (${scope})`,
    );
    throw forbidden(grants.length === 0 ? message : `${message}: it needs one of the roles ${grants.join(', ')}`, {
      causes: [{ reason: 'MissingRole', field: name, message: `needs the action ${action}` }],
    });
  }

  /** By what it is allowed: a role on the whole platform, or a membership. Undefined when it is not. */
  async decide(principal: Principal, question: FunctionQuestion): Promise<Ground | 'administrator' | 'auditor' | undefined> {
    if (principal.isAdministrator) return 'administrator';
    if (principal.isAuditor && ['get', 'list', 'watch'].includes(question.action)) return 'auditor';
    if (principal.memberships.length === 0) return undefined;
    return groundOf(principal.memberships, await this.roles.all(), await this.located(question));
  }

  /** The same where the caller knows the project: a refusal must not tell a stranger which project holds a namespace, or that one does. */
  private async locatedFor({ memberships }: Principal, question: FunctionQuestion): Promise<FunctionQuestion> {
    const located = await this.located(question);
    if (located.namespace === undefined || memberships.some(({ project }) => project === located.project)) return located;
    const { project: _unknown, ...place } = located;
    return place;
  }

  /** A namespace alone says which project is meant. */
  private async located(question: FunctionQuestion): Promise<FunctionQuestion> {
    const { project, cluster, namespace } = question;
    if (project !== undefined || cluster === undefined || namespace === undefined) return question;
    const found = await this.projects.projectOf(cluster, namespace);
    return found === undefined ? question : { ...question, project: found };
  }
}

function describe({ project, cluster, namespace }: FunctionQuestion): string {
  if (namespace !== undefined) return ` in the namespace "${namespace}"${cluster === undefined ? '' : ` of the cluster "${cluster}"`}`;
  if (project !== undefined) return ` in the project "${project}"`;
  return cluster === undefined ? ' on the platform' : ` in the cluster "${cluster}"`;
}
