import { endingSoon, type Expiration, expiryText } from './credential-expiry.js';

/** One thing that was looked at when a cluster was tried. */
export interface ClusterCheck {
  type: 'Reachable' | 'Certificate' | 'Credential' | 'Permissions' | 'LeastPrivilege' | 'Impersonation';
  status: 'Passed' | 'Warning' | 'Failed';
  message: string;
}

/** What the credential turned out to be allowed, beyond what Archon needs. */
export interface ExcessiveRights {
  isClusterAdmin: boolean;
  /** `system:masters` stands above all RBAC. */
  impersonatesMasters: boolean;
}

/** The checks of a cluster that answered and took the credential. */
export function checksOf(found: {
  version: string | undefined;
  certificate: { issuer: string; validTo: Date };
  missingPermissions: readonly string[];
  rights: ExcessiveRights;
}): ClusterCheck[] {
  const { version, certificate, missingPermissions, rights } = found;
  return [
    { type: 'Reachable', status: 'Passed', message: `the API server answers${version === undefined ? '' : `, with version ${version}`}` },
    {
      type: 'Certificate',
      status: 'Passed',
      message: `the API server's certificate is trusted; issued by "${certificate.issuer}", valid until ${certificate.validTo.toISOString()}`,
    },
    { type: 'Credential', status: 'Passed', message: 'the API server takes the credential' },
    missingPermissions.length === 0
      ? { type: 'Permissions', status: 'Passed', message: 'the credential may do all that Archon needs' }
      : { type: 'Permissions', status: 'Warning', message: `the credential may not: ${missingPermissions.join(', ')}` },
    rights.isClusterAdmin
      ? {
          type: 'LeastPrivilege',
          status: 'Warning',
          message: 'the credential may do everything (cluster-admin): use one of the bootstrap manifest instead',
        }
      : { type: 'LeastPrivilege', status: 'Passed', message: 'the credential may not do everything' },
    rights.impersonatesMasters
      ? {
          type: 'Impersonation',
          status: 'Warning',
          message:
            'the credential may impersonate the group system:masters, which stands above all rights: use one of the bootstrap manifest instead',
        }
      : { type: 'Impersonation', status: 'Passed', message: 'the credential may not impersonate the group system:masters' },
  ];
}

/** What somebody should see to, in sentences: checks that warn, and what ends within 14 days or has ended. */
export function warningsOf(checks: readonly ClusterCheck[], expirations: readonly Expiration[], now: Date): string[] {
  return [
    ...checks.filter(({ status }) => status !== 'Passed').map(({ message }) => message),
    ...endingSoon(expirations, now).map((ending) => expiryText(ending, now)),
  ];
}
