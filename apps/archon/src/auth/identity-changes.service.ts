import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Notifications } from '#database';
import { CLUSTERS_TOPIC } from '../clusters/clusters-topic.js';
import type { Principal } from './principal.js';

/**
 * Whose standing has changed: everything that was decided for them before must be decided anew. `group`: of all who are in it. `project`:
 * of its members and of scopes that name it, as its clusters or namespaces are others now. `scopes`: a cluster came, went or was changed, and scopes name clusters.
 */
export type IdentityChange =
  | { user: string }
  | { group: string }
  | { project: string }
  | { credential: string }
  | { everybody: true }
  | { scopes: true };

const TOPIC = 'identity';

/** Revocations and changes of rights, told to every replica: what is remembered or still open for those concerned ends. */
@Injectable()
export class IdentityChanges {
  private readonly listeners: ((change: IdentityChange) => void)[] = [];

  constructor(private readonly notifications: Notifications) {
    notifications.on(TOPIC, (payload) => this.tell(JSON.parse(payload) as IdentityChange));
    notifications.on(CLUSTERS_TOPIC, () => this.tell({ scopes: true }));
    notifications.onGap(() => this.tell({ everybody: true }));
  }

  on(listener: (change: IdentityChange) => void): void {
    this.listeners.push(listener);
  }

  /** After the change is stored, or in the transaction that stores it: `credential` is the id of a token or session. */
  async publish(change: IdentityChange, within?: EntityManager): Promise<void> {
    await this.notifications.publish(TOPIC, JSON.stringify(change), within);
  }

  private tell(change: IdentityChange): void {
    for (const listener of this.listeners) listener(change);
  }
}

export function concerns(change: IdentityChange, principal: Principal): boolean {
  if ('user' in change) return change.user === principal.user;
  if ('group' in change) return principal.groups.includes(change.group);
  if ('project' in change)
    return (
      principal.memberships.some(({ project }) => project === change.project) ||
      principal.scope?.projects?.includes(change.project) === true
    );
  if ('scopes' in change) return principal.scope !== undefined || principal.memberships.length > 0;
  return 'everybody' in change || change.credential === principal.provenBy.id;
}
