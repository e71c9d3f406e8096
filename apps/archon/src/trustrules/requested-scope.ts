import { type AccessScope, isWithin, SCOPE_VERBS, type ScopeVerb, uselessScope } from '../auth/access-scope.js';

/** What a client asks for in `scope`: each part narrows. */
type Requested = Pick<AccessScope, 'clusters' | 'projects' | 'namespaces' | 'verbs' | 'readOnly'>;

const NAME = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const CLUSTER = new RegExp(`^cluster:(${NAME})$`);
const PROJECT = new RegExp(`^project:(${NAME})$`);
const NAMESPACE = new RegExp(`^namespace:(?:(${NAME})/)?(${NAME})$`);

/** Reads the parameter `scope` (RFC 6749, 3.3): `read-only cluster:c1 project:shop namespace:c1/shop-dev verb:get`. Undefined when a part is unknown. */
export function readScope(text: string): Requested | undefined {
  const clusters: string[] = [];
  const projects: string[] = [];
  const namespaces: { cluster?: string; namespace: string }[] = [];
  const verbs: ScopeVerb[] = [];
  let readOnly = false;
  for (const part of text.split(' ')) {
    const [, cluster] = CLUSTER.exec(part) ?? [];
    const [, project] = PROJECT.exec(part) ?? [];
    const [, within, namespace] = NAMESPACE.exec(part) ?? [];
    const verb = SCOPE_VERBS.find((known) => part === `verb:${known}`);
    if (part === 'read-only') readOnly = true;
    else if (cluster !== undefined) clusters.push(cluster);
    else if (project !== undefined) projects.push(project);
    else if (namespace !== undefined) namespaces.push({ ...(within === undefined ? {} : { cluster: within }), namespace });
    else if (verb !== undefined) verbs.push(verb);
    else return undefined;
  }
  return {
    ...(clusters.length === 0 ? {} : { clusters }),
    ...(projects.length === 0 ? {} : { projects }),
    ...(namespaces.length === 0 ? {} : { namespaces }),
    ...(verbs.length === 0 ? {} : { verbs }),
    ...(readOnly ? { readOnly } : {}),
  };
}

/** A scope in the same words. */
export const writeScope = ({ clusters = [], projects = [], namespaces = [], verbs = [], readOnly }: AccessScope): string =>
  [
    ...clusters.map((cluster) => `cluster:${cluster}`),
    ...projects.map((project) => `project:${project}`),
    ...namespaces.map(({ cluster, namespace }) => `namespace:${cluster === undefined ? '' : `${cluster}/`}${namespace}`),
    ...verbs.map((verb) => `verb:${verb}`),
    ...(readOnly === true ? ['read-only'] : []),
  ].join(' ');

/** The part of `whole` that was asked for; undefined when more was asked for, or when nothing is left. */
export function narrowed(whole: AccessScope, asked: Requested): AccessScope | undefined {
  const scope: AccessScope = { ...whole, ...asked, ...(whole.readOnly === true ? { readOnly: true } : {}) };
  return isWithin(scope, whole) && uselessScope(scope) === undefined ? scope : undefined;
}
