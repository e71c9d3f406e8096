import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Membership, MembershipScope } from '../auth/membership.js';
import type { MembershipSource } from '../auth/membership-source.js';
import { ADMINISTRATORS, AUDITORS, Principal } from '../auth/principal.js';
import { PROJECT_DIRECTORY, type ProjectDirectory } from './project-directory.js';

interface MembershipRow {
  role: string;
  scope: MembershipScope;
  project: string | null;
  cluster: string | null;
  namespace: string | null;
}

/** The bound on a change that this replica was not told of. */
const FRESH_MS = 10_000;
const NONE: readonly Membership[] = [];
/** Roles on the whole platform are groups that every cluster and every route knows, however somebody came to them. */
const PLATFORM_GROUPS: Readonly<Record<string, string>> = { 'platform-admin-system': ADMINISTRATORS, 'platform-auditor-system': AUDITORS };

/** Who is a member of what, by name or by a group, as requests need it. */
@Injectable()
export class Memberships implements MembershipSource {
  private readonly known = new LRUCache<string, readonly Membership[]>({ max: 10_000, ttl: FRESH_MS });
  /** Counts changes, so that what was looked up while one happened is not remembered. */
  private changed = 0;

  constructor(
    private readonly database: DataSource,
    @Inject(PROJECT_DIRECTORY) private readonly projects: ProjectDirectory,
    changes: IdentityChanges,
  ) {
    changes.on((change) => {
      if ('credential' in change) return;
      this.changed++;
      if ('user' in change) this.forget(change.user);
      else this.known.clear();
    });
  }

  /**
   * A ServiceAccount is nobody but itself. The token of a job has the groups that its rule says, and what they are members of; its user
   * only counts where the rule says none.
   */
  async withMemberships(principal: Principal): Promise<Principal> {
    const { user, groups, provenBy, scope, identity } = principal;
    if (provenBy.kind === 'serviceaccount') return principal;
    const memberships = await this.of(provenBy.kind === 'job' && groups.length > 0 ? undefined : user, groups);
    if (memberships.length === 0) return principal;
    const platform = memberships.flatMap((each) => (each.scope === 'platform' ? (PLATFORM_GROUPS[each.role] ?? []) : []));
    const added = platform.filter((group) => !groups.includes(group));
    return new Principal(user, [...groups, ...added], provenBy, scope, added.length === 0 ? identity : undefined, memberships);
  }

  /** May be up to 10 s old when the connection to the other replicas is lost, else is not. */
  async of(user: string | undefined, groups: readonly string[]): Promise<readonly Membership[]> {
    const subjects = [...(user === undefined ? [] : [`user/${user}`]), ...groups.map((group) => `group/${group}`)];
    if (subjects.length === 0) return NONE;
    const key = subjects.join('\n');
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const changedBefore = this.changed;
    const memberships = await this.load(subjects);
    if (this.changed === changedBefore) this.known.set(key, memberships);
    return memberships;
  }

  private async load(subjects: readonly string[]): Promise<readonly Membership[]> {
    const rows = await this.database.query<MembershipRow[]>(
      `select distinct m.role, m.scope, m.project, c.name as cluster, m.namespace
         from memberships m left join clusters c on c.id = m.cluster_id where m.subject = any($1)`,
      [subjects],
    );
    if (rows.length === 0) return NONE;
    const projects = [...new Set(rows.flatMap(({ scope, project }) => (scope === 'project' && project !== null ? [project] : [])))];
    const clusters = new Map(await Promise.all(projects.map(async (name) => [name, await this.projects.clustersOf(name)] as const)));
    return rows.map(({ role, scope, project, cluster, namespace }) => ({
      role,
      scope,
      ...(project === null ? {} : { project }),
      ...(cluster === null ? {} : { cluster }),
      ...(namespace === null ? {} : { namespace }),
      ...(scope === 'project' ? { clusters: clusters.get(project ?? '') ?? [] } : {}),
    }));
  }

  private forget(user: string): void {
    const first = `user/${user}`;
    for (const key of this.known.keys()) if (key === first || key.startsWith(`${first}\n`)) this.known.delete(key);
  }
}
