import type { FieldCipher } from './field-cipher.service.js';

/** A column whose values are encrypted. The address of a value holds the row's `key`, joined with `/`. */
export interface EncryptedColumn {
  table: string;
  field: string;
  /** Columns of the primary key. */
  key: readonly string[];
}

/** How many values of a column are encrypted with a key. */
export interface KeyUse {
  table: string;
  field: string;
  keyId: string;
  /** Of the form of the value: `v2` is the present one. */
  version: string;
  count: number;
}

export interface RekeyResult {
  rewritten: number;
  /** Values that can't be read with the keys that are known; they stay as they are. */
  failed: { table: string; field: string; id: string; message: string }[];
}

/** Anything that can run a statement. */
interface Querying {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

type Row = Record<string, string>;

const BATCH = 100;

/** Counts the encrypted values by column, key and version. A key of which there is no value any more may leave the key file. */
export async function countKeyUse(database: Querying, columns: readonly EncryptedColumn[]): Promise<KeyUse[]> {
  const uses: KeyUse[] = [];
  for (const { table, field } of columns) {
    const rows = (await database.query(
      `select split_part(${field}, ':', 1) as version, split_part(${field}, ':', 2) as "keyId", count(*)::integer as count
       from ${table} where ${field} is not null group by 1, 2 order by 1, 2`,
    )) as Omit<KeyUse, 'table' | 'field'>[];
    uses.push(...rows.map((row) => ({ table, field, ...row })));
  }
  return uses;
}

/**
 * Brings every value under the key that writes now, row by row, while everything goes on: each row is one statement that changes it only if
 * it still is what was read. May be ended at any point and begun again, also by several processes at once; what is done stays done.
 */
export async function rekey(
  database: Querying,
  cipher: FieldCipher,
  columns: readonly EncryptedColumn[],
  onProgress: (done: RekeyResult) => void = () => undefined,
): Promise<RekeyResult> {
  const result: RekeyResult = { rewritten: 0, failed: [] };
  for (const column of columns) {
    for (let after: string[] | undefined; ; ) {
      const rows = await readBatch(database, column, after);
      for (const row of rows) await rewrite(database, cipher, column, row, result);
      onProgress(result);
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCH) break;
      after = keyOf(column, last);
    }
  }
  return result;
}

async function readBatch(database: Querying, { table, field, key }: EncryptedColumn, after: string[] | undefined): Promise<Row[]> {
  const names = key.join(', ');
  const beyond = after === undefined ? '' : `and (${names}) > (${after.map((_, index) => `$${index + 1}`).join(', ')})`;
  const selected = key.map((name) => `${name}::text as ${name}`).join(', ');
  return (await database.query(
    `select ${selected}, ${field} as value from ${table} where ${field} is not null ${beyond} order by ${key.map((name) => `${table}.${name}`).join(', ')} limit ${BATCH}`,
    after,
  )) as Row[];
}

async function rewrite(database: Querying, cipher: FieldCipher, column: EncryptedColumn, row: Row, result: RekeyResult): Promise<void> {
  const { table, field, key } = column;
  const values = keyOf(column, row);
  const id = values.join('/');
  const stored = row.value ?? '';
  try {
    const rewritten = cipher.rewrap(stored, { table, id, field });
    if (rewritten === undefined) return;
    const condition = key.map((name, index) => `${name} = $${index + 3}`).join(' and ');
    await database.query(`update ${table} set ${field} = $1 where ${field} = $2 and ${condition}`, [rewritten, stored, ...values]);
    result.rewritten++;
  } catch (error) {
    if (!(error instanceof Error) || 'severity' in error || 'query' in error) throw error; // of the database, not of the value
    result.failed.push({ table, field, id, message: error.message });
  }
}

const keyOf = ({ key }: EncryptedColumn, row: Row): string[] => key.map((name) => row[name] ?? '');
