import { createHash } from 'node:crypto';
import { LOCAL, UNKNOWN_SOURCE, type UserEntity } from './user.entity.js';

/** `metadata.name` of a user in the official API: the MD5 of the email. It is a name, nothing relies on it being hard to find. */
export const objectNameOf = (userName: string): string => createHash('md5').update(userName).digest('hex');

/** The official shape (`auth.alauda.io/v1`, `User`); `spec.extra` is where Archon adds what that shape has no place for. */
export function toUserObject(row: UserEntity) {
  return {
    apiVersion: 'auth.alauda.io/v1',
    kind: 'User',
    metadata: {
      name: row.objectName,
      uid: row.id,
      creationTimestamp: row.createdAt.toISOString(),
      labels: { 'auth.cpaas.io/user.email': row.objectName },
    },
    spec: {
      account: row.name,
      connector_type: row.source === LOCAL ? 'local' : row.source === UNKNOWN_SOURCE ? UNKNOWN_SOURCE : 'oidc',
      connector_name: row.source,
      email: row.name,
      username: row.displayName,
      groups: row.toldGroups,
      is_admin: row.roles.includes('administrator'),
      is_disabled: row.disabledAt !== null,
      ...(row.lastLoginAt === null ? {} : { last_login_time: row.lastLoginAt.toISOString() }),
      state: row.disabledAt === null ? 'active' : 'inactive',
      valid: true,
      extra: { roles: row.roles, mustChangePassword: row.mustChangePassword },
    },
    status: {},
  };
}
