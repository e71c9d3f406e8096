import { badRequest } from '#errors';

const MAX_FIELDS = 100;

/** A body of `application/x-www-form-urlencoded` as texts by name. A name that stands twice is refused, as RFC 6749 (3.2) demands. */
export function parseForm(text: string): Record<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name)) throw badRequest('the form cannot be read: a field stands twice in it');
    fields.set(name, value);
    if (fields.size > MAX_FIELDS) throw badRequest(`the form cannot be read: it has more than ${MAX_FIELDS} fields`);
  }
  return Object.fromEntries(fields);
}
