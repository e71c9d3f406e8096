import { invalid } from '#errors';

/** What lists of users can be filtered and sorted by. */
const PROPERTIES = {
  username: 'displayName',
  email: 'name',
  account: 'name',
  name: 'objectName',
  creationTimestamp: 'createdAt',
} as const;

type Property = keyof typeof PROPERTIES;
type Column = (typeof PROPERTIES)[Property];

/** `username,jane,email,example.org`: pairs of property and text, all of which must be found. Throws 422 for an unknown property. */
export function parseFilter(filterBy: string | undefined): { column: Column; text: string }[] {
  return pairs(filterBy, 'filterBy').map(([property, text]) => {
    if (property === 'creationTimestamp') throw unknown('filterBy', property);
    return { column: columnOf(property, 'filterBy'), text };
  });
}

/** `a,username,d,creationTimestamp`: pairs of direction (a, d) and property. Throws 422 for anything else. */
export function parseSort(sortBy: string | undefined): { column: Column; direction: 'ASC' | 'DESC' }[] {
  return pairs(sortBy, 'sortBy').map(([direction, property]) => {
    if (direction !== 'a' && direction !== 'd') throw invalid('the request', [{ field: 'sortBy', message: 'a direction is a or d' }]);
    return { column: columnOf(property, 'sortBy'), direction: direction === 'a' ? 'ASC' : 'DESC' };
  });
}

function pairs(text: string | undefined, field: string): [string, string][] {
  if (text === undefined || text === '') return [];
  const parts = text.split(',');
  if (parts.length % 2 !== 0) throw invalid('the request', [{ field, message: 'consists of pairs, separated by commas' }]);
  return Array.from({ length: parts.length / 2 }, (_, index) => [parts[2 * index] ?? '', parts[2 * index + 1] ?? '']);
}

function columnOf(property: string, field: string): Column {
  if (!Object.hasOwn(PROPERTIES, property)) throw unknown(field, property);
  return PROPERTIES[property as Property];
}

const unknown = (field: string, property: string) =>
  invalid('the request', [{ field, message: `does not know "${property}"; known are ${Object.keys(PROPERTIES).join(', ')}` }]);
