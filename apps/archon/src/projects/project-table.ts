import type { ProjectObject } from './project-object.js';
import type { ProjectListResponse } from './projects.dto.js';

/** How much of each object a table carries, as Kubernetes names it. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

const COLUMNS = [
  { name: 'Name', type: 'string', format: 'name', description: 'Name of the project', priority: 0 },
  { name: 'Phase', type: 'string', format: '', description: 'Active once its own namespace is in all of its clusters', priority: 0 },
  { name: 'Clusters', type: 'string', format: '', description: 'The clusters that it has a share of', priority: 0 },
  { name: 'Age', type: 'string', format: '', description: 'Time since it was made', priority: 0 },
  { name: 'Display name', type: 'string', format: '', description: 'What people call it', priority: 1 },
];

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

/** What kubectl prints as columns. */
export function toProjectTable(
  items: readonly ProjectObject[],
  metadata: Partial<ProjectListResponse['metadata']>,
  { include, now, domain }: { include: IncludeObject; now: Date; domain: string },
): object {
  return {
    apiVersion: 'meta.k8s.io/v1',
    kind: 'Table',
    metadata,
    columnDefinitions: COLUMNS,
    rows: items.map((project) => ({
      cells: [
        project.metadata.name,
        project.status.phase,
        project.spec.clusters.map(({ name }) => name).join(',') || '<none>',
        toAge(now.getTime() - Date.parse(project.metadata.creationTimestamp)),
        project.metadata.annotations[`${domain}/display-name`] ?? '',
      ],
      object: included(project, include),
    })),
  };
}

function included(project: ProjectObject, include: IncludeObject): object | null {
  if (include === 'None') return null;
  if (include === 'Object') return project;
  return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata: project.metadata };
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
