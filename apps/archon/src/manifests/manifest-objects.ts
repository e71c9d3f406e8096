import { invalid, type StatusCause } from '#errors';
import { describeObject, isPathSegment, type KubernetesObject, parseApiVersion } from '#kubernetes';

/** Of one change: what is tried, journaled and done at once must have an end. */
const MAX_OBJECTS = 100;

/** A value of the body with the path under which errors name it; the path of the body itself is empty. */
export interface Located {
  value: unknown;
  path: string;
}

/** What is asked of the objects of one body. */
export interface ObjectRules {
  /** What they are together, for errors: `the application`. */
  whole: string;
  /** The field that holds them. */
  field: string;
  /** Where an object is that names no namespace. */
  namespace?: string;
  /** What else is wrong with an object; `at` is the path of a field of it. */
  faultsOf: (object: KubernetesObject, at: (field: string) => string) => StatusCause[];
}

/** Takes a List apart. */
export function expandList({ value, path }: Located): Located[] {
  if (!isMapping(value) || value.kind !== 'List' || !Array.isArray(value.items)) return [{ value, path }];
  return value.items.map((item, index) => ({ value: item as unknown, path: fieldOf(path, `items[${index}]`) }));
}

/** The objects, each of which has a kind, a name, and no second of its name. Throws 422 that names every fault with its field. */
export function checkObjects(objects: readonly Located[], rules: ObjectRules): KubernetesObject[] {
  const { whole, field } = rules;
  if (objects.length > MAX_OBJECTS)
    throw invalid(whole, [{ field, message: `has ${objects.length} objects; ${whole} may have at most ${MAX_OBJECTS}` }]);
  const seen = new Map<string, string>();
  const causes = objects.flatMap((located) => faultsOf(located, rules, seen));
  if (causes.length > 0) throw invalid(whole, causes);
  return objects.map(({ value }) => value as KubernetesObject);
}

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fieldOf = (path: string, field: string): string => (path === '' ? field : `${path}.${field}`);

function faultsOf({ value, path }: Located, rules: ObjectRules, seen: Map<string, string>): StatusCause[] {
  if (!isMapping(value)) return [{ field: path, message: 'must be a Kubernetes object' }];
  const at = (field: string) => fieldOf(path, field);
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') return [{ field: at('apiVersion'), message: 'is required' }];
  if (typeof kind !== 'string' || kind === '') return [{ field: at('kind'), message: 'is required' }];
  if (!isMapping(metadata)) return [{ field: at('metadata'), message: 'is required' }];
  const { name, namespace } = metadata;
  if (typeof name !== 'string' || !isPathSegment(name))
    return [{ field: at('metadata.name'), message: 'is required and must be a valid name; generateName cannot be used here' }];
  if (namespace !== undefined && (typeof namespace !== 'string' || !isPathSegment(namespace)))
    return [{ field: at('metadata.namespace'), message: 'must be a valid name' }];
  const maps = ['labels', 'annotations'].filter((field) => !isMapping(metadata[field] ?? {}));
  const object = value as KubernetesObject;
  return [
    ...maps.map((field) => ({ field: at(`metadata.${field}`), message: 'must be a map of texts' })),
    ...rules.faultsOf(object, at),
    ...duplicateOf(object, path, rules, seen),
  ];
}

/** A cluster serves all versions of a kind as one object. */
function duplicateOf(object: KubernetesObject, path: string, rules: ObjectRules, seen: Map<string, string>): StatusCause[] {
  const { apiVersion, kind, metadata } = object;
  const key = [parseApiVersion(apiVersion).group, kind, metadata.namespace ?? rules.namespace ?? '', metadata.name].join('/');
  const first = seen.get(key);
  if (first === undefined) {
    seen.set(key, path === '' ? 'the object itself' : path);
    return [];
  }
  const message = `is the second ${describeObject(object)}; the first is ${first}`;
  return [{ field: fieldOf(path, 'metadata.name'), message, reason: 'FieldValueDuplicate' }];
}
