import { badRequest } from '#errors';

/** One resource type, or one object of it, on any cluster. `resource` is the plural of the URL. */
export interface ResourceRef {
  group: string;
  version: string;
  resource: string;
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** Where objects of this kind are created: without the name, which stands in the object. */
export function collectionOf({ name: _, ...collection }: ResourceRef): ResourceRef {
  return collection;
}

/** Query parameters; an undefined one is left out. */
export type Query = Record<string, string | number | boolean | undefined>;

/** Kubernetes' own rule for what may stand in a path segment (`path.IsValidPathSegmentName`), and nothing that a URL would change. */
export function isPathSegment(segment: string): boolean {
  return (
    segment !== '' && segment !== '.' && segment !== '..' && segment.length <= 253 && !/[/%\\?#\s]/.test(segment) && !hasControl(segment)
  );
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** `/apis/apps/v1/namespaces/a/deployments/web/scale?dryRun=All`. Throws 400 on a name that can't be a path segment. */
export function resourcePath(ref: ResourceRef, query: Query = {}): string {
  const segments = [
    ...(ref.group === '' ? ['api', ref.version] : ['apis', ref.group, ref.version]),
    ...(ref.namespace === undefined ? [] : ['namespaces', ref.namespace]),
    ref.resource,
    ...(ref.name === undefined ? [] : [ref.name]),
    ...(ref.subresource === undefined ? [] : ref.subresource.split('/')),
  ];
  for (const segment of segments)
    if (!isPathSegment(segment))
      throw badRequest(`"${segment}" is not a valid name: it must be 1 to 253 characters without "/", "%" or blanks, and not "." or ".."`);
  return `/${segments.map(encodeURIComponent).join('/')}${queryString(query)}`;
}

export function queryString(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()}`;
}
