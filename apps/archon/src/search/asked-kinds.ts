import { badRequest, notFound } from '#errors';
import type { IndexedKind } from '../index/object-index.service.js';

/**
 * The kind that `pods` or `deployments.apps` names among those that are indexed. Without a group the core one is meant, where it has the name.
 * Throws 404 for a name that is none of them, 400 for one that several groups have.
 */
export function askedKind(name: string, kinds: readonly IndexedKind[]): IndexedKind {
  const dot = name.indexOf('.');
  const [resource, group] = dot === -1 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)];
  const found = kinds.filter((kind) => kind.resource === resource && (group === undefined || kind.group === group));
  const [first] = found;
  if (first === undefined) throw notFound('indexed kinds', name);
  const kind = found.length === 1 ? first : found.find((each) => each.group === '');
  if (kind !== undefined) return kind;
  throw badRequest(`"${name}" is in several groups: ${found.map(kindName).join(', ')}`);
}

/** The kind of exactly this group, which is empty for the core one. Throws 404. */
export function exactKind({ group, resource }: Pick<IndexedKind, 'group' | 'resource'>, kinds: readonly IndexedKind[]): IndexedKind {
  const kind = kinds.find((each) => each.group === group && each.resource === resource);
  if (kind === undefined) throw notFound('indexed kinds', kindName({ group, resource }));
  return kind;
}

/** `deployments.apps`; the core group has no suffix. */
export const kindName = ({ group, resource }: Pick<IndexedKind, 'group' | 'resource'>): string =>
  group === '' ? resource : `${resource}.${group}`;
