import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { alreadyExists, forbidden, invalid, notFound } from '#errors';
import { isPrincipalName } from '#kubernetes';
import { IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { isReservedName } from '../identityproviders/claimed-identity.js';
import { BUILT_IN_ROLES } from '../roles/built-in-roles.js';
import { RolesService } from '../roles/roles.service.js';
import { UsersService } from '../users/users.service.js';
import { misplaced, refusedGrant } from './granting.js';
import { type MemberRow, readMemberPageEnd, type Subject, subjectText, writeMemberPageEnd } from './member-row.js';
import { type ListMembersQuery, type MemberListResponse, toMemberResponse } from './members.dto.js';
import { type MemberFilter, MembershipRows, userNameOf } from './membership-rows.repository.js';
import { describePlace, type Place, placeOf } from './place.js';

const BUILT_IN: ReadonlySet<string> = new Set(BUILT_IN_ROLES.map(({ name }) => name));

/** Members of a place that the caller may manage: see `Places`. */
@Injectable()
export class MembersService {
  constructor(
    private readonly database: DataSource,
    private readonly rows: MembershipRows,
    private readonly roles: RolesService,
    private readonly users: UsersService,
    private readonly changes: IdentityChanges,
  ) {}

  /** A page of them, by name. */
  async list(filter: MemberFilter, { limit = 100, ...query }: ListMembersQuery): Promise<MemberListResponse> {
    const after = query.continue === undefined ? undefined : readMemberPageEnd(query.continue);
    const { keyword, group, role } = query;
    const found = await this.rows.list({ keyword, group, role, ...filter }, { after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return {
      kind: 'MemberList',
      metadata: last === undefined ? {} : { continue: writeMemberPageEnd(last) },
      items: page.map(toMemberResponse),
    };
  }

  /** Every membership there is. */
  all(): Promise<MemberRow[]> {
    return this.rows.list({}, { limit: Number.MAX_SAFE_INTEGER });
  }

  /** Throws 409 when the subject has the role there already. */
  async add(caller: Principal, place: Place, subject: Subject, role: string): Promise<MemberRow> {
    await this.requireGrant(caller, place, [subject], role);
    const [id] = await this.database.transaction((within) => this.insert(caller, place, [subject], role, within));
    if (id === undefined)
      throw alreadyExists(`${subject.kind} "${subject.name}" has the role "${role}" for ${describePlace(place)} already`, {
        kind: 'members',
        name: subject.name,
      });
    await this.tell([subjectText(subject)]);
    return this.get(id);
  }

  /** Those who have the role there already stay as they are. */
  async addAll(caller: Principal, place: Place, names: readonly string[], role: string): Promise<MemberRow[]> {
    const subjects = names.map((name) => ({ kind: 'User', name }) as const);
    await this.requireGrant(caller, place, subjects, role);
    await this.database.transaction((within) => this.insert(caller, place, subjects, role, within));
    await this.tell(subjects.map(subjectText));
    const rows = await this.rows.list({ places: [placeOf(place)], role }, { limit: Number.MAX_SAFE_INTEGER });
    return rows.filter(({ kind, name }) => kind === 'User' && names.includes(name));
  }

  /** Users, in a transaction of the caller, which tells of it afterwards: `tell` takes what this returns. */
  async appoint(caller: Principal, place: Place, names: readonly string[], role: string, within: EntityManager): Promise<string[]> {
    const subjects = names.map((name) => ({ kind: 'User', name }) as const);
    await this.requireGrant(caller, place, subjects, role);
    await this.insert(caller, place, subjects, role, within);
    return subjects.map(subjectText);
  }

  /** The role takes the place of all that the member has there. */
  async change(caller: Principal, place: Place, subject: Subject, role: string): Promise<MemberRow> {
    await this.requireGrant(caller, place, [subject], role);
    const [id] = await this.database.transaction(async (within) => {
      if ((await this.rows.remove(subject, undefined, place, within)) === 0) throw notMember(subject);
      return this.insert(caller, place, [subject], role, within);
    });
    await this.tell([subjectText(subject)]);
    return this.get(id ?? '');
  }

  /** Takes all roles there, or one. It holds at the next request. */
  async remove(place: Place, subject: Subject, role: string | undefined): Promise<void> {
    if ((await this.rows.remove(subject, role, place)) === 0) throw notMember(subject);
    await this.tell([subjectText(subject)]);
  }

  async removeRow(row: MemberRow): Promise<void> {
    await this.rows.removeById(row.id);
    await this.tell([row.subject]);
  }

  /** Throws 404 for an id that no membership has. */
  async get(id: string): Promise<MemberRow> {
    const row = await this.rows.find(id);
    if (row === undefined) throw notFound('members', id);
    return row;
  }

  /** Tells all replicas whose rights have changed. */
  async tell(subjects: readonly string[]): Promise<void> {
    for (const subject of new Set(subjects)) {
      const name = subject.slice(subject.indexOf('/') + 1);
      await this.changes.publish(subject.startsWith('user/') ? { user: name } : { group: name });
    }
  }

  /** Throws 422 for what can be given to nobody, 403 for what this caller can't give. */
  private async requireGrant(caller: Principal, place: Place, subjects: readonly Subject[], roleName: string): Promise<void> {
    const roles = await this.roles.all();
    const role = roles.get(roleName);
    const fault = role === undefined ? `"${roleName}" is no role: GET /acp/v1/roles lists them` : misplaced(role, place);
    if (role === undefined || fault !== undefined) throw invalid('the member', [{ field: 'role', message: fault ?? '' }]);
    const odd = subjects.find((subject) => !isSubject(subject));
    if (odd !== undefined)
      throw invalid('the member', [{ field: 'subject.name', message: `"${odd.name}" is reserved, or no name that clusters accept` }]);
    if (caller.isAdministrator) return;
    const isOwn = subjects.some(({ kind, name }) => (kind === 'User' ? name === caller.user : caller.groups.includes(name)));
    const refused = isOwn
      ? 'nobody changes what they are members of themselves: ask another administrator'
      : refusedGrant(caller.memberships, roles, role, place, BUILT_IN);
    if (refused !== undefined) throw forbidden(`${caller.user} may not give this role: ${refused}`);
  }

  private async insert(caller: Principal, place: Place, subjects: readonly Subject[], role: string, within: EntityManager) {
    const names = subjects.map(userNameOf).filter((name) => name !== null);
    await this.users.expect(names, { by: caller.user, within });
    return this.rows.add(subjects, role, place, { by: caller.user, within });
  }
}

/** Jobs come in by trust rules under names of their own; the other reserved ones are nobody's. */
function isSubject({ kind, name }: Subject): boolean {
  return isPrincipalName(name) && (!isReservedName(name) || (kind === 'User' && name.startsWith('ci:')));
}

const notMember = ({ name }: Subject) => notFound('members', name);
