import { invalid, type StatusCause } from '#errors';
import { isLabelValue, isQualifiedName } from '#kubernetes';
import { readLimitRange } from '../quotas/limit-range.js';
import { OWN_NAME } from '../quotas/merge.js';
import { podSecurityCauses, podSecurityOf, readPodSecurity } from '../quotas/pod-security.js';
import { readOverCommit } from '../quotas/over-commit.js';
import { readHard } from '../quotas/quota-keys.js';
import type { NamespaceDesired } from './namespace-desired.js';

/** What a request asks for. What is absent was not mentioned. */
export interface NamespaceRequest {
  name?: string;
  project?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  hard?: Record<string, string>;
  limits?: readonly unknown[];
  podSecurity?: NamespaceDesired['podSecurity'];
  overCommit?: NonNullable<NamespaceDesired['overCommit']>;
}

type Fields = Record<string, unknown>;

const RATIO = { apiVersion: 'resource.alauda.io/v1', kind: 'NamespaceResourceRatio' };
const MAX_ENTRIES = 100;
const MAX_ANNOTATION_BYTES = 256 * 1024;
const PARTS = ['namespace', 'resourcequota', 'limitrange', 'namespaceresourceratio'];
const FORM = ['name', 'project', 'displayName', 'labels', 'annotations', 'quota', 'limitRange', 'podSecurity', 'overCommit'];

/**
 * Reads either body: the three objects (`namespace`, `resourcequota`, `limitrange`; also `namespaceresourceratio`), or the form (`name`,
 * `project`, `displayName`, `labels`, `annotations`, `quota`, `limitRange`, `podSecurity`, `overCommit`). Throws 422 that names the fields.
 */
export function readNamespaceRequest(body: unknown, domain: string): NamespaceRequest {
  const fields = requireObject(body, 'the body');
  const isObjects = PARTS.some((part) => part in fields);
  const allowed = isObjects ? PARTS : FORM;
  const unknown = Object.keys(fields).filter((field) => !allowed.includes(field));
  if (unknown.length > 0) throw refusal(unknown.map((field) => ({ field, message: `is not known: there are ${allowed.join(', ')}` })));
  return isObjects ? fromObjects(fields, domain) : fromForm(fields, domain);
}

function fromObjects({ namespace, resourcequota, limitrange, namespaceresourceratio }: Fields, domain: string): NamespaceRequest {
  const { metadata } = part(namespace, 'namespace', { apiVersion: 'v1', kind: 'Namespace' });
  const quota = resourcequota === undefined ? undefined : part(resourcequota, 'resourcequota', { apiVersion: 'v1', kind: 'ResourceQuota' });
  const range = limitrange === undefined ? undefined : part(limitrange, 'limitrange', { apiVersion: 'v1', kind: 'LimitRange' });
  requireDefaultName(quota, 'resourcequota');
  requireDefaultName(range, 'limitrange');
  const labels = metadata.labels === undefined ? undefined : readTexts(metadata.labels, 'namespace.metadata.labels', isLabelValue);
  const own = labels && takeOwnLabels(labels, domain);
  return without({
    name: metadata.name === undefined ? undefined : requireText(metadata.name, 'namespace.metadata.name'),
    project: own?.project,
    labels: own?.labels,
    podSecurity: labels && levelsOf(labels),
    annotations:
      metadata.annotations === undefined ? undefined : readTexts(metadata.annotations, 'namespace.metadata.annotations', () => true),
    hard: quota && readHard('resourcequota.spec.hard', requireObject(quota.spec?.hard ?? {}, 'resourcequota.spec.hard')),
    limits: range && limitsOf('limitrange.spec', range.spec),
    overCommit:
      namespaceresourceratio === undefined
        ? undefined
        : readOverCommit('namespaceresourceratio.spec', part(namespaceresourceratio, 'namespaceresourceratio', RATIO).spec ?? {}),
  });
}

function fromForm(form: Fields, domain: string): NamespaceRequest {
  const labels = form.labels === undefined ? undefined : readTexts(form.labels, 'labels', isLabelValue);
  const own = labels && takeOwnLabels(labels, domain);
  const displayName = form.displayName === undefined ? undefined : requireText(form.displayName, 'displayName');
  const annotations = form.annotations === undefined ? undefined : readTexts(form.annotations, 'annotations', () => true);
  return without({
    name: form.name === undefined ? undefined : requireText(form.name, 'name'),
    project: form.project === undefined ? own?.project : requireText(form.project, 'project'),
    labels: own?.labels,
    podSecurity:
      form.podSecurity === undefined ? undefined : readPodSecurity('podSecurity', requireObject(form.podSecurity, 'podSecurity')),
    annotations: displayName === undefined ? annotations : { ...annotations, [`${domain}/display-name`]: displayName },
    hard: form.quota === undefined ? undefined : readHard('quota', requireObject(form.quota, 'quota')),
    limits:
      form.limitRange === undefined
        ? undefined
        : limitsOf('limitRange', { limits: [{ type: 'Container', ...requireObject(form.limitRange, 'limitRange') }] }),
    overCommit: form.overCommit === undefined ? undefined : readOverCommit('overCommit', requireObject(form.overCommit, 'overCommit')),
  });
}

/** Labels that Archon writes itself are no part of what is asked for, but for the project that they name. */
function takeOwnLabels(all: Record<string, string>, domain: string): { project: string | undefined; labels: Record<string, string> } {
  const { [`${domain}/project`]: project, [`${domain}/cluster`]: _cluster, [`${domain}/inner-namespace`]: _inner, ...others } = all;
  const labels = Object.fromEntries(Object.entries(others).filter(([key]) => !key.startsWith('pod-security.kubernetes.io/')));
  return { project, labels };
}

function levelsOf(labels: Record<string, string>): NamespaceDesired['podSecurity'] {
  const causes = podSecurityCauses('namespace.metadata.labels', labels);
  if (causes.length > 0) throw refusal(causes);
  return podSecurityOf(labels);
}

/** As a LimitRange has them; undefined for none. */
function limitsOf(field: string, spec: unknown): readonly unknown[] | undefined {
  const limits = readLimitRange(field, spec);
  return limits && [limits];
}

interface Part {
  metadata: Fields;
  spec?: Fields;
}

function part(value: unknown, field: string, type: { apiVersion: string; kind: string }): Part {
  const object = requireObject(value, field);
  for (const [key, expected] of Object.entries(type))
    if (object[key] !== undefined && object[key] !== expected)
      throw refusal([{ field: `${field}.${key}`, message: `must be "${expected}"` }]);
  const metadata = requireObject(object.metadata ?? {}, `${field}.metadata`);
  return object.spec === undefined ? { metadata } : { metadata, spec: requireObject(object.spec, `${field}.spec`) };
}

function requireDefaultName(object: Part | undefined, field: string): void {
  const name = object?.metadata.name;
  if (name !== undefined && name !== OWN_NAME) throw refusal([{ field: `${field}.metadata.name`, message: `must be "${OWN_NAME}"` }]);
}

function requireObject(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refusal([{ field, message: 'must be an object' }]);
  return value as Fields;
}

function requireText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw refusal([{ field, message: 'must be a text that is not empty' }]);
  return value;
}

function readTexts(value: unknown, field: string, isValue: (text: string) => boolean): Record<string, string> {
  const entries = Object.entries(requireObject(value, field));
  const causes: StatusCause[] = entries.flatMap(([key, text]) => {
    if (!isQualifiedName(key.toLowerCase())) return [{ field: `${field}[${key}]`, message: 'is no name such as "example.org/tier"' }];
    return typeof text === 'string' && isValue(text)
      ? []
      : [{ field: `${field}[${key}]`, message: 'has a value that Kubernetes does not take' }];
  });
  if (entries.length > MAX_ENTRIES) causes.push({ field, message: `must have at most ${MAX_ENTRIES} entries` });
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
  if (bytes > MAX_ANNOTATION_BYTES) causes.push({ field, message: `must have at most ${MAX_ANNOTATION_BYTES} bytes in all` });
  if (causes.length > 0) throw refusal(causes);
  return Object.fromEntries(entries) as Record<string, string>;
}

const refusal = (causes: StatusCause[]) => invalid('the namespace', causes);

/** Leaves out what is undefined. */
const without = <T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
