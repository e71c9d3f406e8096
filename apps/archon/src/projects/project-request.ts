import { invalid, type StatusCause } from '#errors';
import { isLabelValue, isQualifiedName } from '#kubernetes';
import { readHard } from '../quotas/quota-keys.js';
import type { ProjectResources } from './project.entity.js';
import { refusedProjectName } from './project-names.js';

/** What a request says of a project. What is absent was not mentioned. */
export interface ProjectRequest {
  name: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  clusters?: ProjectClusterRequest[];
  deletePolicy?: 'Retain' | 'Delete';
  /** Users that become administrators of the project. */
  administrators?: string[];
  resources?: ProjectResources;
  /** The version that the change is for. */
  resourceVersion?: string;
}

export interface ProjectClusterRequest {
  name: string;
  hard: Record<string, string>;
  type: string;
}

type Fields = Record<string, unknown>;

export const PROJECT_API_VERSION = 'auth.alauda.io/v1';
const PARTS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
const SPEC = ['clusters', 'clusterDeletePolicy', 'displayName', 'description', 'administrators', 'resources'];
const RESOURCES = ['storageClasses', 'chartRepositories', 'imageRegistries', 'codeRepositories'] as const;
const MAX_CLUSTERS = 1000;

/**
 * Reads a Project (`auth.alauda.io/v1`), as the official API has it, with `spec.displayName`, `spec.description`, `spec.administrators` and
 * `spec.resources` besides. Throws 422 that names the fields.
 */
export function readProject(body: unknown, domain: string): ProjectRequest {
  const project = object(body, 'the body');
  const causes: StatusCause[] = [];
  for (const [field, expected] of Object.entries({ apiVersion: PROJECT_API_VERSION, kind: 'Project' }))
    if (project[field] !== undefined && project[field] !== expected) causes.push({ field, message: `must be "${expected}"` });
  for (const field of Object.keys(project))
    if (!PARTS.includes(field)) causes.push({ field, message: `is not known: there are ${PARTS.join(', ')}` });
  const metadata = object(project.metadata ?? {}, 'metadata');
  const spec = object(project.spec ?? {}, 'spec');
  for (const field of Object.keys(spec))
    if (!SPEC.includes(field)) causes.push({ field: `spec.${field}`, message: `is not known: there are ${SPEC.join(', ')}` });
  const { name } = metadata;
  const refused = typeof name === 'string' ? refusedProjectName(name) : 'is required';
  if (refused !== undefined) causes.push({ field: 'metadata.name', message: refused });
  const policy = spec.clusterDeletePolicy;
  if (policy !== undefined && policy !== 'Retain' && policy !== 'Delete')
    causes.push({ field: 'spec.clusterDeletePolicy', message: 'must be Retain or Delete' });
  if (causes.length > 0 || typeof name !== 'string') throw refusal(causes);
  const annotations = {
    ...texts(metadata.annotations, 'metadata.annotations', () => true),
    ...named(`${domain}/display-name`, spec.displayName, 'spec.displayName'),
    ...named(`${domain}/description`, spec.description, 'spec.description'),
  };
  const mentionsAnnotations = metadata.annotations !== undefined || Object.keys(annotations).length > 0;
  return {
    name,
    ...(metadata.labels === undefined ? {} : { labels: texts(metadata.labels, 'metadata.labels', isLabelValue) }),
    ...(mentionsAnnotations ? { annotations } : {}),
    ...(spec.clusters === undefined ? {} : { clusters: clusters(spec.clusters) }),
    ...(policy === undefined ? {} : { deletePolicy: policy as 'Retain' | 'Delete' }),
    ...(spec.administrators === undefined ? {} : { administrators: names(spec.administrators, 'spec.administrators') }),
    ...(spec.resources === undefined ? {} : { resources: resources(spec.resources) }),
    ...(typeof metadata.resourceVersion === 'string' && metadata.resourceVersion !== ''
      ? { resourceVersion: metadata.resourceVersion }
      : {}),
  };
}

function clusters(value: unknown): ProjectClusterRequest[] {
  const items = list(value, 'spec.clusters', MAX_CLUSTERS).map((item, index) => {
    const field = `spec.clusters[${index}]`;
    const { name, quota, type } = object(item, field);
    if (typeof name !== 'string' || name === '') throw refusal([{ field: `${field}.name`, message: 'is required' }]);
    if (type !== undefined && typeof type !== 'string') throw refusal([{ field: `${field}.type`, message: 'must be a text' }]);
    return { name, hard: readHard(`${field}.quota`, object(quota ?? {}, `${field}.quota`)), type: type ?? '' };
  });
  const twice = items.find(({ name }, index) => items.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw refusal([{ field: 'spec.clusters', message: `names the cluster "${twice.name}" twice` }]);
  return items;
}

function resources(value: unknown): ProjectResources {
  const given = object(value, 'spec.resources');
  const unknown = Object.keys(given).find((field) => !(RESOURCES as readonly string[]).includes(field));
  if (unknown !== undefined)
    throw refusal([{ field: `spec.resources.${unknown}`, message: `is not known: there are ${RESOURCES.join(', ')}` }]);
  return Object.fromEntries(
    RESOURCES.map((field) => [field, names(given[field] ?? [], `spec.resources.${field}`)]),
  ) as unknown as ProjectResources;
}

function names(value: unknown, field: string): string[] {
  const all = list(value, field, MAX_CLUSTERS);
  if (!all.every((name) => typeof name === 'string' && name !== '' && name.length <= 512))
    throw refusal([{ field, message: 'must be a list of names' }]);
  return [...new Set(all as string[])];
}

function named(key: string, value: unknown, field: string): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== 'string') throw refusal([{ field, message: 'must be a text' }]);
  return { [key]: value };
}

function list(value: unknown, field: string, max: number): unknown[] {
  if (!Array.isArray(value) || value.length > max) throw refusal([{ field, message: `must be a list of at most ${max}` }]);
  return value;
}

function object(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refusal([{ field, message: 'must be an object' }]);
  return value as Fields;
}

function texts(value: unknown, field: string, isValue: (text: string) => boolean): Record<string, string> {
  const entries = Object.entries(object(value ?? {}, field));
  const wrong = entries.find(([key, text]) => !isQualifiedName(key.toLowerCase()) || typeof text !== 'string' || !isValue(text));
  if (wrong !== undefined)
    throw refusal([{ field: `${field}[${wrong[0]}]`, message: 'has a name or value that Kubernetes does not take' }]);
  return Object.fromEntries(entries) as Record<string, string>;
}

const refusal = (causes: StatusCause[]) => invalid('the project', causes);
