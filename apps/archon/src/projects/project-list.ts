import { badRequest } from '#errors';
import { parseLabelSelector } from '#kubernetes';
import { PROJECT_API_VERSION } from './project-request.js';
import type { ProjectObject } from './project-object.js';
import type { ListProjectsQuery, ProjectListResponse } from './projects.dto.js';

const DEFAULT_LIMIT = 100;

/** Selects, sorts and pages projects. Throws 400 for a selector or token that can't be read. */
export function selectProjects(projects: readonly ProjectObject[], query: ListProjectsQuery, domain: string): ProjectListResponse {
  const byLabels = parseLabelSelector(query.labelSelector);
  const isDescending = query.sort === '-name';
  const after = query.continue === undefined ? undefined : readToken(query.continue);
  const follows = (name: string) => after === undefined || (isDescending ? name < after : name > after);
  const contains = ({ metadata }: ProjectObject, keyword: string) =>
    metadata.name.includes(keyword) || (metadata.annotations[`${domain}/display-name`] ?? '').includes(keyword);
  const selected = projects
    .filter((project) => byLabels(project.metadata.labels) && (query.keyword === undefined || contains(project, query.keyword)))
    .sort((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1) * (isDescending ? -1 : 1))
    .filter(({ metadata }) => follows(metadata.name));
  const limit = query.limit ?? DEFAULT_LIMIT;
  const last = selected.length > limit ? selected[limit - 1] : undefined;
  return {
    apiVersion: PROJECT_API_VERSION,
    kind: 'ProjectList',
    metadata: {
      ...(last === undefined ? {} : { continue: Buffer.from(last.metadata.name).toString('base64url') }),
      remainingItemCount: Math.max(0, selected.length - limit),
    },
    items: selected.slice(0, limit),
  };
}

function readToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8');
  if (!/^[-a-z0-9]{1,63}$/.test(name)) throw badRequest('continue: not a token of this list; begin again without it');
  return name;
}
