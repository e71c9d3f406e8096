import { existsSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import type { Config } from '#config';
import { FieldCipher, startEmbeddedPostgres } from '#database';
import { verifyAuditLog } from './audit-verifier.gateway.js';

/**
 * `archon audit verify [<signed head>…]`: prints what was found. 0 when the log is whole, 1 when it is not, 2 when that can't be found out.
 * Reads only; uses the database and the key file of the settings.
 */
export async function verifyAudit(config: Config, heads: readonly string[], print: (line: string) => void): Promise<number> {
  const keyFile = config.encryptionKeyFile ?? path.join(config.stateDir, 'keys', 'encryption.key');
  if (!existsSync(keyFile)) {
    print(`the key file ${keyFile} does not exist: set ARCHON_STATE_DIR or ARCHON_ENCRYPTION_KEY_FILE as Archon has it`);
    return 2;
  }
  const url = config.databaseUrl?.reveal() ?? (await startEmbeddedPostgres(path.join(config.stateDir, 'postgres'))).url;
  const client = new Client({ connectionString: url, application_name: 'archon-audit-verify' });
  await client.connect();
  try {
    const { events, first, heads: signed, fault } = await verifyAuditLog(client, await FieldCipher.load(keyFile), heads);
    if (fault === undefined) {
      print(`the audit log is whole: ${events} events from ${first} on, ${signed} signed heads`);
      return 0;
    }
    print(`the audit log was altered: event ${fault.sequence} ${fault.what}; the ${events} events before it, from ${first} on, hold`);
    return 1;
  } finally {
    await client.end();
  }
}
