import { createHash } from 'node:crypto';
import { invalid, type StatusCause } from '#errors';
import { isLabelValue } from '#kubernetes';
import { MEMBERSHIP_SCOPES, type MembershipScope } from '../auth/membership.js';
import type { MemberRow, Subject } from './member-row.js';
import type { UserBindingResponse } from './user-bindings.dto.js';

type Fields = Record<string, unknown>;

/** A place by its names. Which of them there are depends on the scope. */
interface Constraint {
  project?: string;
  cluster?: string;
  namespace?: string;
}

export interface BindingRequest {
  subject: Subject;
  role: string;
  scope: MembershipScope;
  constraint: Constraint;
}

export const BINDING_API_VERSION = 'auth.alauda.io/v1';
const MEMBERS = ['project', 'cluster', 'namespace'] as const;
/** Which names say where a role of a scope holds; of a namespace the project follows. */
const NEEDED: Readonly<Record<MembershipScope, readonly (keyof Constraint)[]>> = {
  platform: [],
  cluster: ['cluster'],
  project: ['project'],
  namespace: ['cluster', 'namespace'],
};

/** A membership in the official shape (`auth.alauda.io/v1`, `UserBinding`), with the labels that its clients select by. */
export function toUserBinding(row: MemberRow, level: string, domain: string): UserBindingResponse {
  const constraint = Object.fromEntries(MEMBERS.flatMap((field) => (row[field] === null ? [] : [[field, row[field]]])));
  const isUser = row.kind === 'User';
  return {
    apiVersion: BINDING_API_VERSION,
    kind: 'UserBinding',
    metadata: {
      name: row.id,
      uid: row.id,
      creationTimestamp: row.created_at.toISOString().replace(/\.\d{3}Z$/, 'Z'),
      labels: {
        ...Object.fromEntries(Object.entries(constraint).map(([field, name]) => [`${domain}/${field}`, name])),
        [`auth.${domain}/role.name`]: row.role,
        [`auth.${domain}/role.level`]: level,
        ...(isUser ? { [`auth.${domain}/user.email`]: md5(row.name) } : {}),
        // Groups of identity providers may have names that labels can't hold.
        ...(!isUser && isLabelValue(row.name) ? { [`auth.${domain}/group.name`]: row.name } : {}),
      },
      annotations: {
        [`auth.${domain}/${isUser ? 'user.email' : 'group.name'}`]: row.name,
        [`${domain}/creator`]: row.created_by,
      },
    },
    spec: {
      subjects: [{ kind: row.kind, name: row.name }],
      roleRef: row.role,
      scope: row.scope,
      constraint: row.scope === 'platform' ? [] : [constraint],
    },
    status: { phase: 'Active' },
  };
}

/**
 * Reads a UserBinding: what its `spec` says, or where it has none, what its labels and annotations say. One of ours is one subject in one
 * place. Throws 422 that names the fields.
 */
export function readUserBinding(body: unknown, domain: string): BindingRequest {
  const binding = object(body, 'the body');
  for (const [field, expected] of Object.entries({ apiVersion: BINDING_API_VERSION, kind: 'UserBinding' }))
    if (binding[field] !== undefined && binding[field] !== expected) throw refusal(field, `must be "${expected}"`);
  const metadata = object(binding.metadata ?? {}, 'metadata');
  const spec =
    binding.spec === undefined
      ? specOfLabels(object(metadata.labels ?? {}, 'metadata.labels'), object(metadata.annotations ?? {}, 'metadata.annotations'), domain)
      : object(binding.spec, 'spec');
  const scope = MEMBERSHIP_SCOPES.find((known) => known === spec.scope);
  if (scope === undefined) throw refusal('spec.scope', `must be one of ${MEMBERSHIP_SCOPES.join(', ')}`);
  if (typeof spec.roleRef !== 'string' || spec.roleRef === '') throw refusal('spec.roleRef', 'is required');
  return { subject: readSubject(spec.subjects), role: spec.roleRef, scope, constraint: readConstraint(spec.constraint, scope) };
}

function readSubject(subjects: unknown): Subject {
  if (!Array.isArray(subjects) || subjects.length !== 1)
    throw refusal('spec.subjects', 'must name one subject: make a binding for each of them');
  const { kind, name } = object(subjects[0], 'spec.subjects[0]');
  if (kind !== 'User' && kind !== 'Group')
    throw refusal('spec.subjects[0].kind', 'must be User or Group: a ServiceAccount has its rights from its own cluster');
  if (typeof name !== 'string' || name === '' || name.length > 512) throw refusal('spec.subjects[0].name', 'must have 1 to 512 characters');
  return { kind, name };
}

function readConstraint(constraints: unknown, scope: MembershipScope): Constraint {
  const all: unknown[] = constraints === undefined || constraints === null ? [] : Array.isArray(constraints) ? constraints : [constraints];
  if (all.length > 1) throw refusal('spec.constraint', 'must name one place: make a binding for each of them');
  const given = object(all[0] ?? {}, 'spec.constraint[0]');
  const needed = NEEDED[scope];
  const allowed = scope === 'namespace' ? MEMBERS : needed;
  const causes: StatusCause[] = [];
  for (const field of MEMBERS) {
    const value = given[field] ?? '';
    const where = `spec.constraint[0].${field}`;
    if (typeof value !== 'string') causes.push({ field: where, message: 'must be a name' });
    else if (value === '' && needed.includes(field)) causes.push({ field: where, message: `is required with the scope ${scope}` });
    else if (value !== '' && !allowed.includes(field)) causes.push({ field: where, message: `has no meaning with the scope ${scope}` });
  }
  if (causes.length > 0) throw invalid('the binding', causes);
  return Object.fromEntries(MEMBERS.flatMap((field) => (given[field] ? [[field, given[field]]] : [])));
}

function specOfLabels(labels: Fields, annotations: Fields, domain: string): Fields {
  const [email, group] = [annotations[`auth.${domain}/user.email`], labels[`auth.${domain}/group.name`]];
  const subject = email === undefined ? { kind: 'Group', name: group } : { kind: 'User', name: email };
  const scope = labels[`auth.${domain}/role.level`];
  const meant =
    scope === 'namespace' ? MEMBERS : scope === 'project' ? (['project'] as const) : scope === 'cluster' ? (['cluster'] as const) : [];
  return {
    subjects: email === undefined && group === undefined ? [] : [subject],
    roleRef: labels[`auth.${domain}/role.name`],
    scope,
    constraint: [Object.fromEntries(meant.map((field) => [field, labels[`${domain}/${field}`]]))],
  };
}

function object(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refusal(field, 'must be an object');
  return value as Fields;
}

const refusal = (field: string, message: string) => invalid('the binding', [{ field, message }]);
/** As the platform names users in labels. Nothing relies on it being hard to find. */
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
