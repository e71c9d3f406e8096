import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Notifications } from '#database';
import { alreadyExists, conflict, forbidden, invalid, notFound } from '#errors';
import type { Principal } from '../auth/principal.js';
import { pageOfNames } from '../http/page-of-names.js';
import { BUILT_IN_ROLES } from './built-in-roles.js';
import { CustomRoleEntity } from './custom-role.entity.js';
import type { Role } from './role.js';
import { roleNameFault, ruleFaults } from './role-faults.js';
import { RoleInstaller } from './role-installer.service.js';
import {
  type CreateRoleRequest,
  type ListRolesQuery,
  type PatchRoleRequest,
  type RoleListResponse,
  type RoleResponse,
  toRoleResponse,
} from './roles.dto.js';
import { ROLES_TOPIC, RolesService } from './roles.service.js';

interface WriteOptions {
  dryRun: boolean;
}

const BUILT_IN: ReadonlySet<string> = new Set(BUILT_IN_ROLES.map(({ name }) => name));

/** All roles as they are listed, and those that administrators write. */
@Injectable()
export class CustomRoles {
  constructor(
    @InjectRepository(CustomRoleEntity) private readonly rows: Repository<CustomRoleEntity>,
    private readonly roles: RolesService,
    private readonly installer: RoleInstaller,
    private readonly notifications: Notifications,
  ) {}

  async list({ level, ...query }: ListRolesQuery): Promise<RoleListResponse> {
    const all = [...(await this.roles.all()).values()].filter((role) => level === undefined || role.level === level);
    const { page, metadata } = pageOfNames(all.sort(byName), query);
    const waiting = await this.installer.waitingClusters();
    return { kind: 'RoleList', metadata, items: page.map((role) => this.toResponse(role, waiting)) };
  }

  async get(name: string): Promise<RoleResponse> {
    const role = await this.roles.find(name);
    if (role === undefined) throw notFound('roles', name);
    return this.toResponse(role, await this.installer.waitingClusters());
  }

  async create(caller: Principal, { metadata: { name }, spec }: CreateRoleRequest, { dryRun }: WriteOptions): Promise<RoleResponse> {
    const fault = roleNameFault(name);
    const causes = [...(fault === undefined ? [] : [{ field: 'metadata.name', message: fault }]), ...ruleFaults(spec.rules, 'spec.rules')];
    if (causes.length > 0) throw invalid('the role', causes);
    if (await this.rows.existsBy({ name })) throw alreadyExists(`role "${name}" exists already`, { kind: 'roles', name });
    const row = this.rows.create({
      name,
      displayName: spec.displayName ?? name,
      description: spec.description ?? '',
      level: spec.level,
      rules: spec.rules,
      generation: 1,
      createdBy: caller.user,
      createdAt: new Date(),
    });
    if (dryRun) return this.toResponse(row, []);
    await this.rows.insert(row);
    await this.changed(name);
    return this.get(name);
  }

  async patch(name: string, { spec }: PatchRoleRequest, { dryRun }: WriteOptions): Promise<RoleResponse> {
    const row = await this.findCustom(name);
    const causes = ruleFaults(spec.rules ?? [], 'spec.rules');
    if (causes.length > 0) throw invalid('the role', causes);
    const changed = {
      ...row,
      displayName: spec.displayName ?? row.displayName,
      description: spec.description ?? row.description,
      rules: spec.rules ?? row.rules,
      generation: row.generation + 1,
    };
    if (dryRun) return this.toResponse(changed, []);
    const { affected } = await this.rows.update({ name, generation: row.generation }, changed);
    if (affected === 0) throw conflict(`role "${name}" was changed by somebody else at the same time: try again`, { kind: 'roles', name });
    await this.changed(name);
    return this.get(name);
  }

  /** A role that somebody has stays: its members would lose rights without anybody having said so. */
  async delete(name: string): Promise<void> {
    await this.findCustom(name);
    await this.rows.manager.transaction(async (manager) => {
      // No member gets the role while it goes: see `MembershipRows.add`.
      await manager.query('select 1 from custom_roles where name = $1 for update', [name]);
      const used = await manager.query<unknown[]>('select 1 from memberships where role = $1 limit 1', [name]);
      if (used.length > 0)
        throw conflict(`role "${name}" has members: take it from them first (GET /acp/v1/members?role=${name})`, { kind: 'roles', name });
      await manager.delete(CustomRoleEntity, { name });
    });
    await this.changed(name);
  }

  private async changed(name: string): Promise<void> {
    await this.notifications.publish(ROLES_TOPIC, name);
    await this.installer.install();
  }

  private async findCustom(name: string): Promise<CustomRoleEntity> {
    if (BUILT_IN.has(name)) throw forbidden(`"${name}" is a built-in role: nobody changes it`, { kind: 'roles', name });
    const row = await this.rows.findOneBy({ name });
    if (row === null) throw notFound('roles', name);
    return row;
  }

  private toResponse(role: Role, waiting: string[]): RoleResponse {
    const builtIn = BUILT_IN.has(role.name);
    return toRoleResponse(role, { builtIn, waitingClusters: builtIn ? [] : waiting });
  }
}

const byName = (a: Role, b: Role): number => (a.name < b.name ? -1 : 1);
