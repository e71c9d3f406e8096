import type { KubernetesObject } from '#kubernetes';
import { type IncludeObject, type TableColumn, toAge, toTable } from '../http/kubernetes-table.js';

const column = (name: string, description: string, format: TableColumn['format'] = ''): TableColumn => ({
  name,
  type: 'string',
  format,
  description,
  priority: 0,
});
const COLUMNS = [
  column('Cluster', 'The cluster that has the object'),
  column('Namespace', 'Its namespace; empty for an object of the whole cluster'),
  column('Name', 'Its name', 'name'),
  column('Status', 'One word for how it is doing'),
  column('Age', 'Time since it was made'),
];
const KIND = column('Kind', 'What it is');

/** A row of a list, as a table shows it. */
export interface SearchRow {
  cluster: string;
  status: string;
  object: KubernetesObject;
}

/** What kubectl prints as columns; with the kinds of objects where there are several. */
export const toSearchTable = (
  rows: readonly SearchRow[],
  metadata: object,
  { include, now, hasKinds }: { include: IncludeObject; now: Date; hasKinds: boolean },
): object =>
  toTable(
    hasKinds ? [KIND, ...COLUMNS] : COLUMNS,
    rows.map(({ cluster, status, object }) => {
      const { namespace = '', name = '', creationTimestamp } = object.metadata;
      const age = typeof creationTimestamp === 'string' ? toAge(now.getTime() - Date.parse(creationTimestamp)) : '<unknown>';
      return { cells: [...(hasKinds ? [object.kind] : []), cluster, namespace, name, status, age], object };
    }),
    { metadata, include },
  );
