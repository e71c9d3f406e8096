/** How much of each object a table carries, as Kubernetes names it. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** `metav1.TableColumnDefinition`. */
export interface TableColumn {
  name: string;
  type: 'string' | 'integer';
  /** `name` for the one that names the object. */
  format: '' | 'name';
  description: string;
  /** Above 0: only in wide output. */
  priority: number;
}

/** Whether a client wants a table: the first of its media types that Kubernetes would answer with decides. */
export function wantsTable(accept: string | undefined): boolean {
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const as = parameters.find((parameter) => parameter.startsWith('as='));
    if (as === undefined) return false;
    if (as === 'as=table' && parameters.includes('g=meta.k8s.io') && parameters.includes('v=v1')) return true;
  }
  return false;
}

/** `metav1.Table`: what kubectl prints as columns. */
export function toTable(
  columns: readonly TableColumn[],
  rows: readonly { cells: readonly (string | number)[]; object: { metadata: object } }[],
  { metadata, include }: { metadata: object; include: IncludeObject },
): object {
  return {
    apiVersion: 'meta.k8s.io/v1',
    kind: 'Table',
    metadata,
    columnDefinitions: columns,
    rows: rows.map(({ cells, object }) => ({ cells, object: included(object, include) })),
  };
}

function included(object: { metadata: object }, include: IncludeObject): object | null {
  if (include === 'None') return null;
  if (include === 'Object') return object;
  return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata: object.metadata };
}

/** As Kubernetes writes ages: two units while the second one still says something. */
export function toAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  return days < 2920 ? two(Math.floor(days / 365), 'y', days % 365, 'd') : `${Math.floor(days / 365)}y`;
}

const two = (first: number, unit: string, second: number, smaller: string): string =>
  second === 0 ? `${first}${unit}` : `${first}${unit}${second}${smaller}`;
