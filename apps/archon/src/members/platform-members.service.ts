import { Injectable } from '@nestjs/common';
import { invalid, notFound } from '#errors';
import type { Principal } from '../auth/principal.js';
import { isMemberId } from './member-row.js';
import {
  type AddMemberAnywhereRequest,
  type ListAllMembersQuery,
  type MemberListResponse,
  type MemberResponse,
  toMemberResponse,
} from './members.dto.js';
import { MembersService } from './members.service.js';
import { Places } from './places.service.js';

/** All memberships there are, for administrators and auditors of the platform. */
@Injectable()
export class PlatformMembers {
  constructor(
    private readonly members: MembersService,
    private readonly places: Places,
  ) {}

  list({ scope, name, ...query }: ListAllMembersQuery): Promise<MemberListResponse> {
    return this.members.list({ scope, name }, query);
  }

  async add(caller: Principal, { scope, cluster, subject, role }: AddMemberAnywhereRequest): Promise<MemberResponse> {
    if ((cluster === undefined) !== (scope === 'platform'))
      throw invalid('the member', [{ field: 'cluster', message: 'goes with the scope cluster, and with no other' }]);
    const place = await this.places.open(caller, cluster === undefined ? { platform: true } : { cluster }, 'create');
    return toMemberResponse(await this.members.add(caller, place, subject, role));
  }

  async remove(id: string): Promise<void> {
    if (!isMemberId(id)) throw notFound('members', id);
    await this.members.removeRow(await this.members.get(id));
  }
}
