import path from 'node:path';
import { Pool } from 'pg';
import { type Config, encryptionKeyFile } from '#config';
import { countKeyUse, FieldCipher, rekey, startEmbeddedPostgres } from '#database';
import { ENCRYPTED_COLUMNS } from './encrypted-columns.js';

/**
 * `archon rekey`: brings all stored values under the first key of the key file, beside servers that run. Prints how far it is and the count of
 * values per key. Resolves to the exit code: 1 when a value can't be read. May be killed and begun again.
 */
export async function rekeyCommand(config: Config, print: (line: string) => void): Promise<number> {
  const url = config.databaseUrl?.reveal() ?? (await startEmbeddedPostgres(path.join(config.stateDir, 'postgres'))).url;
  const pool = new Pool({ connectionString: url, application_name: 'archon-rekey', max: 1 });
  const database = {
    query: async (sql: string, parameters?: unknown[]) => (await pool.query<Record<string, string>>(sql, parameters)).rows,
  };
  try {
    const cipher = await FieldCipher.load(encryptionKeyFile(config));
    const { rewritten, failed } = await rekey(database, cipher, ENCRYPTED_COLUMNS, (done) => print(`${done.rewritten} values rewritten`));
    for (const { table, field, id, message } of failed) print(`${table}.${field} ${id} stays as it is: ${message}`);
    for (const { table, field, keyId, version, count } of await countKeyUse(database, ENCRYPTED_COLUMNS))
      print(`${table}.${field}: ${count} values with key ${keyId} (${version})`);
    print(`done: ${rewritten} rewritten, ${failed.length} unreadable; ${cipher.keyIds[0]} is the key that writes`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    await pool.end();
  }
}
