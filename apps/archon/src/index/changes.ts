/** An object is as the row says, or is no more. */
export type Change<Row> = { row: Row } | { deleted: string };

/** What is left to do of changes in the order of their arrival: of each object only the last one. */
export function lastChanges<Row extends { uid: string }>(changes: readonly Change<Row>[]): { rows: Row[]; deleted: string[] } {
  const last = new Map<string, Change<Row>>();
  for (const change of changes) last.set(uidOf(change), change);
  const rows: Row[] = [];
  const deleted: string[] = [];
  for (const change of last.values()) {
    if ('row' in change) rows.push(change.row);
    else deleted.push(change.deleted);
  }
  return { rows, deleted };
}

export const uidOf = (change: Change<{ uid: string }>): string => ('row' in change ? change.row.uid : change.deleted);
