export { BoundedReads } from './bounded-reads.gateway.js';
export { connectAndMigrate, dataSourceOptions, schemaDrift } from './data-source.gateway.js';
export { type EmbeddedPostgres, startEmbeddedPostgres, stopEmbeddedPostgres } from './embedded-postgres.gateway.js';
export { countKeyUse, type EncryptedColumn, rekey, type RekeyResult } from './rekey.gateway.js';
export { type FieldAddress, FieldCipher } from './field-cipher.service.js';
export { Notifications } from './notifications.gateway.js';
