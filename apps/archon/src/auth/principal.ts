import { Identity } from '#kubernetes';

/** Group of those who administer the platform; every registered cluster binds it to `cluster-admin`. */
export const ADMINISTRATORS = 'acp:platform:administrator';

/** Who sends a request: the user, the groups that clusters see, and the token that proved it. */
export class Principal {
  readonly identity: Identity;

  constructor(
    readonly user: string,
    readonly groups: readonly string[],
    readonly tokenId: string,
  ) {
    this.identity = Identity.of(user, groups);
  }

  get isAdministrator(): boolean {
    return this.groups.includes(ADMINISTRATORS);
  }
}
