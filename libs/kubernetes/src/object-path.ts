type Fields = Record<string, unknown>;

/** The value of a field, by its path from the object's root; undefined where something on the way is absent or no object. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isFields(value) ? value[key] : undefined), object);
}

/** A copy with `value` at `path`; objects on the way are made where they are missing. */
export function withValueAt<T extends object>(object: T, [key = '', ...rest]: readonly string[], value: unknown): T {
  const below = (object as Fields)[key];
  return { ...object, [key]: rest.length === 0 ? value : withValueAt(isFields(below) ? below : {}, rest, value) };
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
