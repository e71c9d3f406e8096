import { Injectable } from '@nestjs/common';
import { invalid } from '#errors';
import { pageOfNames } from '../http/page-of-names.js';
import { FUNCTIONS } from './functions.js';
import { permissionTable } from './permission-table.js';
import type { PermissionListResponse, PermissionsQuery } from './roles.dto.js';
import { RolesService } from './roles.service.js';

/** The table of functions, roles and actions. */
@Injectable()
export class PermissionsService {
  constructor(private readonly roles: RolesService) {}

  /** Throws 422 for a role that there is not: an empty table would look like a role without rights. */
  async list({ role, module, keyword, level, ...query }: PermissionsQuery): Promise<PermissionListResponse> {
    const roles = await this.roles.all();
    if (role !== undefined && !roles.has(role))
      throw invalid('the request', [{ field: 'role', message: `"${role}" is no role: GET /acp/v1/roles lists them` }]);
    const filter = Object.fromEntries(Object.entries({ role, module, keyword, level }).filter(([, value]) => value !== undefined));
    const { page, metadata } = pageOfNames(permissionTable(FUNCTIONS.values(), [...roles.values()], filter), query);
    return {
      kind: 'PermissionList',
      metadata,
      items: page.map(({ name, title, ...row }) => ({ function: name, displayName: title, ...row })),
    };
  }
}
