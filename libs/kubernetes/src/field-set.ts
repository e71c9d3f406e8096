type JsonObject = Record<string, unknown>;
/** `metav1.FieldsV1`: `f:name` a field, `k:{…}` a list item by its keys, `v:…` an item by value, `i:n` by index, `.` the thing itself. */
export type FieldSet = JsonObject;

/** What is in one of two sets of fields, or in both. */
export function unionOf(one: FieldSet, other: FieldSet): FieldSet {
  // An empty set means that the whole value is owned.
  if (Object.keys(one).length === 0 || Object.keys(other).length === 0) return {};
  const added = Object.entries(other).map(([key, fields]) => {
    const own = one[key];
    return [key, own === undefined ? fields : unionOf(own as FieldSet, fields as FieldSet)] as const;
  });
  return { ...one, ...Object.fromEntries(added) };
}

function pick(value: unknown, fields: FieldSet): unknown {
  // An empty set means that the whole value is owned.
  if (Object.keys(fields).every((key) => key === '.')) return fields['.'] === undefined || !isContainer(value) ? value : empty(value);
  if (Array.isArray(value)) return pickItems(value, fields);
  return isObject(value) ? pickFields(value, fields) : value;
}

/** The fields of an object that are in a set. */
export function pickFields(value: JsonObject, fields: FieldSet): JsonObject {
  const picked: JsonObject = {};
  for (const [key, below] of Object.entries(fields)) {
    const name = key.slice(2);
    if (key.startsWith('f:') && Object.hasOwn(value, name)) define(picked, name, pick(value[name], below as FieldSet));
  }
  return picked;
}

/** Items keep the order of the live list. */
function pickItems(items: unknown[], fields: FieldSet): unknown[] {
  return items.flatMap((item, index) => {
    for (const [key, below] of Object.entries(fields)) {
      if (!selects(key, item, index)) continue;
      return [key.startsWith('k:') && isObject(item) ? { ...keysOf(key), ...(pick(item, below as FieldSet) as JsonObject) } : item];
    }
    return [];
  });
}

function selects(key: string, item: unknown, index: number): boolean {
  if (key.startsWith('k:'))
    return isObject(item) && Object.entries(keysOf(key)).every(([name, value]) => JSON.stringify(item[name]) === JSON.stringify(value));
  if (key.startsWith('v:')) return JSON.stringify(item) === JSON.stringify(JSON.parse(key.slice(2)));
  return key === `i:${index}`;
}

const keysOf = (key: string): JsonObject => JSON.parse(key.slice(2)) as JsonObject;
const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isObject = (value: unknown): value is JsonObject => isContainer(value) && !Array.isArray(value);
const empty = (value: object): object => (Array.isArray(value) ? [] : {});
const define = (target: JsonObject, name: string, value: unknown) =>
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
