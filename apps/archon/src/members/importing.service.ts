import { Injectable } from '@nestjs/common';
import { invalid } from '#errors';
import type { Principal } from '../auth/principal.js';
import { FIRST_ADMINISTRATOR } from '../users/first-administrator.service.js';
import type { ImportMembersRequest, ListMembersQuery, MemberListResponse } from './members.dto.js';
import { toMemberResponse } from './members.dto.js';
import { MembersService } from './members.service.js';
import { type MemberFilter, MembershipRows } from './membership-rows.repository.js';
import { type Place, placeOf } from './place.js';

/** Import of a project's members into one of its namespaces (NS-18). */
@Injectable()
export class Importing {
  constructor(
    private readonly members: MembersService,
    private readonly rows: MembershipRows,
  ) {}

  /** Who can be imported: users of the project, but the first administrator, the caller, and those who are members of the namespace. */
  list(caller: Principal, place: Place, query: ListMembersQuery): Promise<MemberListResponse> {
    return this.members.list(importable(caller, place), query);
  }

  /** Throws 422 that names everybody who can't be imported; nobody is, then. */
  async run(caller: Principal, place: Place, request: ImportMembersRequest): Promise<MemberListResponse> {
    if ((request.users === undefined) !== (request.all === true))
      throw invalid('the request', [{ field: 'users', message: 'give either the names of users, or all: true' }]);
    const names =
      request.users === undefined ? await this.everybody(caller, place, request) : await this.named(caller, place, request.users);
    const rows = names.length === 0 ? [] : await this.members.addAll(caller, place, names, request.role);
    return { kind: 'MemberList', metadata: {}, items: rows.map(toMemberResponse) };
  }

  private async everybody(caller: Principal, place: Place, { keyword, group }: ImportMembersRequest): Promise<string[]> {
    const rows = await this.rows.list({ ...importable(caller, place), keyword, group }, { limit: Number.MAX_SAFE_INTEGER });
    return [...new Set(rows.map(({ name }) => name))];
  }

  private async named(caller: Principal, place: Place, names: readonly string[]): Promise<readonly string[]> {
    const rows = await this.rows.list({ places: [projectOf(place)], isUser: true }, { limit: Number.MAX_SAFE_INTEGER });
    const members = new Set(rows.map(({ name }) => name));
    const causes = names.flatMap((name, index) => {
      const message =
        name === FIRST_ADMINISTRATOR
          ? 'is the administrator who is there from the first start, and is not imported'
          : name === caller.user
            ? 'is you: nobody imports themselves'
            : members.has(name)
              ? undefined
              : `is no member of the project "${place.project}": add the user there first`;
      return message === undefined ? [] : [{ field: `users[${index}]`, message: `"${name}" ${message}` }];
    });
    if (causes.length > 0) throw invalid('the import', causes);
    return names;
  }
}

const projectOf = ({ project }: Place): string => placeOf({ scope: 'project', ...(project === undefined ? {} : { project }) });

const importable = (caller: Principal, place: Place): MemberFilter => ({
  places: [projectOf(place)],
  isUser: true,
  except: { users: [FIRST_ADMINISTRATOR, caller.user], membersOf: placeOf(place) },
});
