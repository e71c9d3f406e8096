import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Notifications } from '#database';
import { BUILT_IN_ROLES } from './built-in-roles.js';
import { CustomRoleEntity } from './custom-role.entity.js';
import { isOfNamespaces, type Role } from './role.js';

/** The topic of changes of roles, told to all replicas. */
export const ROLES_TOPIC = 'roles';
/** The bound on a change that this replica was not told of. */
const FRESH_MS = 10_000;

/** All roles, as requests need them. */
@Injectable()
export class RolesService {
  private known: { roles: Promise<ReadonlyMap<string, Role>>; at: number } | undefined;

  constructor(
    @InjectRepository(CustomRoleEntity) private readonly rows: Repository<CustomRoleEntity>,
    notifications: Notifications,
  ) {
    notifications.on(ROLES_TOPIC, () => (this.known = undefined));
    notifications.onGap(() => (this.known = undefined));
  }

  /** By name; the built-in ones first. */
  all(): Promise<ReadonlyMap<string, Role>> {
    const now = performance.now();
    if (this.known !== undefined && now - this.known.at < FRESH_MS) return this.known.roles;
    const known = { roles: this.load(), at: now };
    this.known = known;
    known.roles.catch(() => this.known === known && (this.known = undefined));
    return known.roles;
  }

  /** Undefined for a name that no role has. */
  async find(name: string): Promise<Role | undefined> {
    return (await this.all()).get(name);
  }

  /** Names of the roles that are bound in the namespaces of projects. */
  async namespaceRoles(): Promise<string[]> {
    return [...(await this.all()).values()].filter(isOfNamespaces).map(({ name }) => name);
  }

  private async load(): Promise<ReadonlyMap<string, Role>> {
    const custom = await this.rows.find({ order: { name: 'ASC' } });
    return new Map([...BUILT_IN_ROLES, ...custom].map((role) => [role.name, role]));
  }
}
