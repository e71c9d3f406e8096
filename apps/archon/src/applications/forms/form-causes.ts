import type { StatusCause } from '#errors';

/** A cause for each item whose key an earlier one has. `fieldOf` is the field with the key, from the list's path on: `[1].name`. */
export function duplicateCauses<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
  fieldOf: (index: number) => string,
  what: string,
): StatusCause[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (key === undefined) return [];
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ field: fieldOf(index), message: `is the second ${what} "${key}": use another one`, reason: 'FieldValueDuplicate' }];
  });
}

/** A cause when not exactly one of the fields is given. */
export function choiceCauses<T extends object>(at: string, object: T, fields: readonly (keyof T & string)[]): StatusCause[] {
  const given = fields.filter((field) => object[field] !== undefined);
  if (given.length === 1) return [];
  const choices = `${fields.slice(0, -1).join(', ')} or ${fields.at(-1)}`;
  return [{ field: at, message: given.length === 0 ? `must have ${choices}` : `has ${given.join(' and ')}: keep one of them` }];
}
