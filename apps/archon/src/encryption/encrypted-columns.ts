import type { EncryptedColumn } from '#database';

/** Every column that holds values of `FieldCipher`. One that is missing here would keep an old key in use for ever. */
export const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  { table: 'audit_chain', field: 'seal', key: ['only_row'] },
  { table: 'external_sessions', field: 'refresh_token', key: ['session_id'] },
  { table: 'identity_providers', field: 'client_secret', key: ['id'] },
  { table: 'clusters', field: 'credential', key: ['id'] },
  { table: 'manifest_keys', field: 'secret', key: ['id'] },
  { table: 'manifests', field: 'sealed', key: ['hash'] },
  { table: 'operation_steps', field: 'previous', key: ['operation_id', 'index'] },
  { table: 'password_keys', field: 'private_key', key: ['id'] },
  { table: 'signing_keys', field: 'private_key', key: ['id'] },
  { table: 'token_peppers', field: 'secret', key: ['id'] },
];
