import { Injectable } from '@nestjs/common';
import { invalid, notFound } from '#errors';
import { parseFieldSelector, parseLabelSelector } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { pageOfNames } from '../http/page-of-names.js';
import { RolesService } from '../roles/roles.service.js';
import { locationOf, membersFunction } from './granting.js';
import { type MemberRow, subjectText } from './member-row.js';
import { MembersService } from './members.service.js';
import type { Place } from './place.js';
import { type NamedPlace, Places } from './places.service.js';
import { Rights } from './rights.service.js';
import { BINDING_API_VERSION, type BindingRequest, readUserBinding, toUserBinding } from './user-binding.js';
import type { DeleteUserBindingsQuery, ListUserBindingsQuery, UserBindingListResponse, UserBindingResponse } from './user-bindings.dto.js';

interface Seen {
  name: string;
  row: MemberRow;
  binding: UserBindingResponse;
}

/** Memberships as the official API has them: each is a UserBinding. */
@Injectable()
export class UserBindings {
  constructor(
    private readonly members: MembersService,
    private readonly places: Places,
    private readonly rights: Rights,
    private readonly roles: RolesService,
    private readonly config: AppConfig,
  ) {}

  /** The caller's own, and those of the places whose members it may see. In the order of their names. */
  async list(caller: Principal, query: ListUserBindingsQuery): Promise<UserBindingListResponse> {
    const limit = query.limit === undefined || query.limit === 0 ? Number.MAX_SAFE_INTEGER : query.limit;
    const { continue: token } = query;
    const { page, metadata } = pageOfNames(await this.seen(caller, query), { limit, ...(token === undefined ? {} : { continue: token }) });
    return { ...toList(page), metadata };
  }

  /** Gives the role. The name of the binding is Archon's to give. */
  async create(caller: Principal, body: unknown): Promise<UserBindingResponse> {
    const request = readUserBinding(body, this.config.labelBaseDomain);
    const place = await this.places.open(caller, toNamed(request), 'create');
    const { project } = request.constraint;
    if (project !== undefined && place.project !== project)
      throw invalid('the binding', [
        { field: 'spec.constraint[0].project', message: `is not the project of the namespace, which is "${place.project}"` },
      ]);
    return this.toBinding(await this.members.add(caller, place, request.subject, request.role));
  }

  /** Throws 404 for a binding that the caller does not see, 403 for one that it does not manage. */
  async delete(caller: Principal, name: string): Promise<UserBindingResponse> {
    const found = (await this.seen(caller, {})).find((each) => each.name === name);
    if (found === undefined) throw notFound('userbindings', name, 'auth.alauda.io');
    await this.remove(caller, [found]);
    return found.binding;
  }

  /** All that are selected, or none where one of them is not the caller's to end. */
  async deleteAll(caller: Principal, query: DeleteUserBindingsQuery): Promise<UserBindingListResponse> {
    if (!query.labelSelector?.trim() && !query.fieldSelector?.trim())
      throw invalid('the request', [
        { field: 'labelSelector', message: 'or fieldSelector is required: all bindings are not deleted at once' },
      ]);
    const selected = await this.seen(caller, query);
    await this.remove(caller, selected);
    return toList(selected);
  }

  private async remove(caller: Principal, bindings: readonly Seen[]): Promise<void> {
    for (const { row } of bindings) await this.places.open(caller, toNamed(toPlace(row)), 'delete');
    for (const { row } of bindings) await this.members.removeRow(row);
  }

  private async seen(caller: Principal, { labelSelector, fieldSelector }: DeleteUserBindingsQuery): Promise<Seen[]> {
    const byLabels = parseLabelSelector(labelSelector);
    const byFields = parseFieldSelector(fieldSelector, ['metadata.name']);
    const isVisible = this.visibility(caller);
    const seen: Seen[] = [];
    for (const row of await this.members.all()) {
      const binding = await this.toBinding(row);
      if (byLabels(binding.metadata.labels) && byFields(() => row.id) && (await isVisible(row))) seen.push({ name: row.id, row, binding });
    }
    return seen.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  private visibility(caller: Principal): (row: MemberRow) => Promise<boolean> {
    const own = new Set([
      subjectText({ kind: 'User', name: caller.user }),
      ...caller.groups.map((name) => subjectText({ kind: 'Group', name })),
    ]);
    const answers = new Map<string, Promise<boolean>>();
    return (row) => {
      if (caller.readsEverything || own.has(row.subject)) return Promise.resolve(true);
      const place = toPlace(row);
      const key = JSON.stringify(place);
      const answer =
        answers.get(key) ?? this.rights.allows(caller, { function: membersFunction(place), action: 'get', ...locationOf(place) });
      answers.set(key, answer);
      return answer;
    };
  }

  private async toBinding(row: MemberRow): Promise<UserBindingResponse> {
    const role = (await this.roles.all()).get(row.role);
    return toUserBinding(row, role?.level ?? row.scope, this.config.labelBaseDomain);
  }
}

const toPlace = ({ scope, project, cluster, namespace }: MemberRow): Place => ({
  scope,
  ...(project === null ? {} : { project }),
  ...(cluster === null ? {} : { cluster }),
  ...(namespace === null ? {} : { namespace }),
});

function toNamed(at: Place | BindingRequest): NamedPlace {
  const { project = '', cluster = '', namespace = '' } = 'constraint' in at ? at.constraint : at;
  switch (at.scope) {
    case 'platform':
      return { platform: true };
    case 'cluster':
      return { cluster };
    case 'project':
      return { project };
    case 'namespace':
      return { cluster, namespace };
  }
}

const toList = (bindings: readonly Seen[]): UserBindingListResponse => ({
  apiVersion: BINDING_API_VERSION,
  kind: 'UserBindingList',
  metadata: {},
  items: bindings.map(({ binding }) => binding),
});
