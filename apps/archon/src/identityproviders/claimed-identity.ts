import { isPrincipalName } from '#kubernetes';
import type { PlatformRole } from '../users/platform-roles.js';

/** How the claims of an issuer become a user here. Names of groups in `allowedGroups` and `roles` are as the issuer writes them. */
export interface ClaimRules {
  claims: { username: string; groups?: string; email?: string };
  usernamePrefix: string;
  groupsPrefix: string;
  /** Only members of one of these may come in; absent: everybody. */
  allowedGroups?: string[];
  /** Groups whose members have a role on the platform; absent: administrators give roles to users by hand. */
  roles?: Partial<Record<PlatformRole, string[]>>;
}

/** Somebody, as an issuer tells it. */
export interface ClaimedIdentity {
  subject: string;
  /** With the prefix of the issuer: the user's name here. */
  name: string;
  displayName: string;
  /** With the prefix of the issuer. */
  groups: string[];
  /** Undefined when the rules say nothing about roles. */
  roles: PlatformRole[] | undefined;
}

/** Names with these beginnings are Kubernetes' or Archon's own: no issuer gives them away, whatever its prefix. */
const RESERVED_PREFIXES = ['system:', 'acp:', 'ci:', 'serviceaccount:'] as const;

const MAX_CLAIM = 255;
const MAX_GROUPS = 400;

export const isReservedName = (name: string): boolean => RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));

/**
 * Reads the identity out of claims whose signature was checked. Anything odd is refused as a whole, with the reason for the log: a user
 * without a name, or a group that Kubernetes or Archon reserves, must not become "somebody with a little less".
 */
export function claimedIdentity(claims: Readonly<Record<string, unknown>>, rules: ClaimRules): ClaimedIdentity | { refused: string } {
  const subject = claims.sub;
  if (!isPlainText(subject)) return { refused: 'the claim sub is not a plain text' };
  const username = claims[rules.claims.username];
  if (!isPlainText(username)) return { refused: `the claim ${rules.claims.username} is not a plain text` };
  if (rules.claims.username === 'email' && claims.email_verified !== true)
    return { refused: 'the issuer does not say that the email is verified' };
  const name = `${rules.usernamePrefix}${username}`;
  if (!isUsable(name)) return { refused: 'the name of the user is reserved, or longer than clusters accept' };
  const told = groupsOf(claims, rules);
  if (told === undefined) return { refused: `the claim ${rules.claims.groups} is not a list of plain texts` };
  const groups = told.map((group) => `${rules.groupsPrefix}${group}`);
  if (!groups.every(isUsable)) return { refused: 'a group has a name that is reserved, or longer than clusters accept' };
  if (rules.allowedGroups !== undefined && !rules.allowedGroups.some((group) => told.includes(group)))
    return { refused: 'the user is in none of the allowed groups' };
  const email = rules.claims.email === undefined ? undefined : claims[rules.claims.email];
  return { subject, name, displayName: isPlainText(email) ? email : username, groups: [...new Set(groups)], roles: rolesOf(told, rules) };
}

/** An absent claim means no groups; a single text is one group, as Kubernetes reads it. */
function groupsOf(claims: Readonly<Record<string, unknown>>, { claims: { groups } }: ClaimRules): string[] | undefined {
  if (groups === undefined || claims[groups] === undefined) return [];
  const value = claims[groups];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.length <= MAX_GROUPS && list.every(isPlainText) ? list : undefined;
}

function rolesOf(told: readonly string[], { roles }: ClaimRules): PlatformRole[] | undefined {
  if (roles === undefined) return undefined;
  const isMember = (role: PlatformRole) => (roles[role] ?? []).some((group) => told.includes(group));
  return (['administrator', 'auditor'] as const).filter(isMember);
}

/** Visible ASCII without blanks at the ends: what a header carries unchanged, and what two people can't read differently. */
const isPlainText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_CLAIM && /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value);

const isUsable = (name: string): boolean => isPrincipalName(name) && !isReservedName(name);
