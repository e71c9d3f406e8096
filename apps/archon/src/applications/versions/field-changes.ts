import { numberSource } from '#kubernetes';

/** One difference between two states of an object. */
export interface FieldChange {
  /** `spec.template.spec.containers[name=web].image`, `metadata.annotations["cpaas.io/display-name"]`, `spec.ports[0]` */
  path: string;
  change: 'create' | 'update' | 'delete';
  /** Absent where the field was not there before, or must not be shown. */
  old?: unknown;
  /** Absent where the field is not there any more, or must not be shown. */
  new?: unknown;
}

type Fields = Record<string, unknown>;

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/**
 * What differs between two objects, field by field. Lists whose items all have a `name` of their own are compared by name, as Kubernetes
 * merges them; others by place.
 */
export function fieldChanges(before: unknown, after: unknown, path = ''): FieldChange[] {
  if (before === undefined) return after === undefined ? [] : [{ path, change: 'create', new: after }];
  if (after === undefined) return [{ path, change: 'delete', old: before }];
  if (Array.isArray(before) && Array.isArray(after)) return itemChanges(before, after, path);
  if (isFields(before) && isFields(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => fieldChanges(own(before, key), own(after, key), joined(path, key)));
  }
  return isSameValue(before, after) ? [] : [{ path, change: 'update', old: before, new: after }];
}

/** The same without values: of a Secret it is told which fields differ, and nothing of what is in them. */
export const withoutValues = (changes: readonly FieldChange[]): FieldChange[] => changes.map(({ path, change }) => ({ path, change }));

function itemChanges(before: unknown[], after: unknown[], path: string): FieldChange[] {
  const [old, present] = [byName(before), byName(after)];
  if (old === undefined || present === undefined) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => fieldChanges(before[index], after[index], `${path}[${index}]`)).flat();
  }
  const names = new Set([...old.keys(), ...present.keys()]);
  return [...names].flatMap((name) => fieldChanges(old.get(name), present.get(name), `${path}[name=${name}]`));
}

function byName(items: unknown[]): Map<string, unknown> | undefined {
  const named = new Map(items.flatMap((item) => (isFields(item) && typeof item.name === 'string' ? [[item.name, item] as const] : [])));
  return named.size === items.length ? named : undefined;
}

const joined = (path: string, key: string): string => {
  if (!PLAIN_KEY.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
};

const own = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && numberSource(value) === undefined;

function isSameValue(a: unknown, b: unknown): boolean {
  const number = numberSource(a);
  return number === undefined ? a === b : number === numberSource(b);
}
