import { type IncludeObject, type TableColumn, toAge, toTable } from '../http/kubernetes-table.js';
import type { ProjectObject } from './project-object.js';
import type { ProjectListResponse } from './projects.dto.js';

const COLUMNS: TableColumn[] = [
  { name: 'Name', type: 'string', format: 'name', description: 'Name of the project', priority: 0 },
  { name: 'Phase', type: 'string', format: '', description: 'Active once its own namespace is in all of its clusters', priority: 0 },
  { name: 'Clusters', type: 'string', format: '', description: 'The clusters that it has a share of', priority: 0 },
  { name: 'Age', type: 'string', format: '', description: 'Time since it was made', priority: 0 },
  { name: 'Display name', type: 'string', format: '', description: 'What people call it', priority: 1 },
];

/** What kubectl prints as columns. */
export const toProjectTable = (
  items: readonly ProjectObject[],
  metadata: Partial<ProjectListResponse['metadata']>,
  { include, now, domain }: { include: IncludeObject; now: Date; domain: string },
): object =>
  toTable(
    COLUMNS,
    items.map((project) => ({
      cells: [
        project.metadata.name,
        project.status.phase,
        project.spec.clusters.map(({ name }) => name).join(',') || '<none>',
        toAge(now.getTime() - Date.parse(project.metadata.creationTimestamp)),
        project.metadata.annotations[`${domain}/display-name`] ?? '',
      ],
      object: project,
    })),
    { metadata, include },
  );
