import type { KubernetesObject } from '#kubernetes';
import { StatusError } from './recording-api-server-answer.js';

export type ObjectFilter = (object: KubernetesObject) => boolean;

/** The filter of `labelSelector` (`a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas) and `fieldSelector` (name and namespace). 400 for others. */
export function toFilter(query: URLSearchParams): ObjectFilter {
  const filters = [...split(query.get('labelSelector')).map(toLabelFilter), ...split(query.get('fieldSelector')).map(toFieldFilter)];
  return (object) => filters.every((matches) => matches(object));
}

function split(selector: string | null): string[] {
  return selector === null || selector.trim() === '' ? [] : selector.split(',').map((term) => term.trim());
}

function toLabelFilter(term: string): ObjectFilter {
  const match = /^(!?)([A-Za-z0-9./_-]+)(?:(=|==|!=)([A-Za-z0-9._-]*))?$/.exec(term);
  if (match === null || (match[1] === '!' && match[3] !== undefined)) throw badSelector(term);
  const [, not, key = '', operator, value = ''] = match;
  if (operator === undefined) return ({ metadata }) => (metadata.labels?.[key] !== undefined) === (not === '');
  return ({ metadata }) => (metadata.labels?.[key] === value) === (operator !== '!=');
}

function toFieldFilter(term: string): ObjectFilter {
  const match = /^metadata\.(name|namespace)==?(.*)$/.exec(term);
  if (match === null) throw badSelector(term);
  const field = match[1] as 'name' | 'namespace';
  return ({ metadata }) => metadata[field] === match[2];
}

function badSelector(term: string): StatusError {
  return new StatusError(400, 'BadRequest', `unable to parse requirement: "${term}"`);
}
