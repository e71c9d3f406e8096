import type { StatusCause } from '#errors';
import { decodeCertificate } from '#kubernetes';
import { type ClaimRules, isReservedName } from './claimed-identity.js';
import type { IdentityProviderChange } from './identity-providers.dto.js';

/** What an administrator decides about a provider. */
export interface ProviderSettings {
  clientId: string | null;
  audiences: string[];
  algorithms: string[];
  rules: ClaimRules;
  scopes: string[];
  certificateAuthority: string | null;
}

const DEFAULT_ALGORITHMS = ['RS256', 'ES256'];
const DEFAULT_SCOPES = ['openid', 'offline_access'];

/** The settings before any were given. */
export const defaultSettings = (name: string): ProviderSettings => ({
  clientId: null,
  audiences: [],
  algorithms: DEFAULT_ALGORITHMS,
  rules: { claims: { username: 'sub' }, usernamePrefix: `${name}:`, groupsPrefix: `${name}:` },
  scopes: DEFAULT_SCOPES,
  certificateAuthority: null,
});

/** The settings after a merge patch: absent fields stay, `null` brings the default back. `causes` receives what is wrong with them. */
export function changedSettings(
  name: string,
  before: ProviderSettings,
  change: IdentityProviderChange,
  causes: StatusCause[],
): ProviderSettings {
  const defaults = defaultSettings(name);
  const { certificateAuthorityData } = change;
  const certificateAuthority = certificateAuthorityData && (decodeCertificate(certificateAuthorityData) ?? null);
  if (certificateAuthority === null && certificateAuthorityData !== null)
    causes.push({ field: 'spec.certificateAuthorityData', message: 'must be PEM in base64' });
  const settings = {
    clientId: merged(change.clientId, before.clientId, null),
    audiences: merged(change.audiences, before.audiences, []),
    algorithms: merged(change.algorithms, before.algorithms, DEFAULT_ALGORITHMS),
    scopes: merged(change.scopes, before.scopes, DEFAULT_SCOPES),
    certificateAuthority: merged(certificateAuthority, before.certificateAuthority, null),
    rules: changedRules(before.rules, defaults.rules, change),
  };
  check(settings, causes);
  return settings;
}

function changedRules(before: ClaimRules, defaults: ClaimRules, change: IdentityProviderChange): ClaimRules {
  const { username, groups, email } = { ...before.claims, ...change.claims };
  const allowedGroups = merged(change.allowedGroups, before.allowedGroups, undefined);
  const roles = merged(change.roles, before.roles, undefined);
  return {
    claims: { username, ...(groups ? { groups } : {}), ...(email ? { email } : {}) },
    usernamePrefix: merged(change.usernamePrefix, before.usernamePrefix, defaults.usernamePrefix),
    groupsPrefix: merged(change.groupsPrefix, before.groupsPrefix, defaults.groupsPrefix),
    ...(allowedGroups === undefined ? {} : { allowedGroups }),
    ...(roles === undefined ? {} : { roles: { ...roles } }),
  };
}

function check({ rules, scopes, audiences }: ProviderSettings, causes: StatusCause[]): void {
  for (const field of ['usernamePrefix', 'groupsPrefix'] as const)
    if (isReservedName(rules[field]))
      causes.push({ field: `spec.${field}`, message: 'is reserved: choose another prefix, or another name' });
  if (rules.claims.groups === undefined && (rules.allowedGroups !== undefined || rules.roles !== undefined))
    causes.push({ field: 'spec.claims.groups', message: 'is needed for spec.allowedGroups and spec.roles' });
  if (!scopes.includes('openid')) causes.push({ field: 'spec.scopes', message: 'must hold "openid"' });
  if (audiences.some((audience) => audience.startsWith('archon:')))
    causes.push({ field: 'spec.audiences', message: 'must not begin with "archon:": such tokens are those of service accounts' });
}

/** Whether a group of one provider could have the name of a group of the other. */
export const sharesGroups = (one: ClaimRules, other: ClaimRules): boolean =>
  one.claims.groups !== undefined &&
  other.claims.groups !== undefined &&
  (one.groupsPrefix.startsWith(other.groupsPrefix) || other.groupsPrefix.startsWith(one.groupsPrefix));

/** A field of a merge patch (RFC 7396). */
const merged = <T>(change: T | null | undefined, before: T, fallback: T): T => (change === undefined ? before : (change ?? fallback));
