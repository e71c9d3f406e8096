import type { ObjectRow } from './object-row.js';

/** An object is as the row says, or is no more. */
export type ObjectChange = { row: ObjectRow } | { deleted: string };

/** What is left to do of changes in the order of their arrival: of each object only the last one. */
export function lastChanges(changes: readonly ObjectChange[]): { rows: ObjectRow[]; deleted: string[] } {
  const last = new Map<string, ObjectChange>();
  for (const change of changes) last.set('row' in change ? change.row.uid : change.deleted, change);
  const rows: ObjectRow[] = [];
  const deleted: string[] = [];
  for (const change of last.values()) {
    if ('row' in change) rows.push(change.row);
    else deleted.push(change.deleted);
  }
  return { rows, deleted };
}
