import { badRequest, invalid, methodNotAllowed } from '#errors';
import { parseFieldSelector } from '#kubernetes';

/** How the official lists are asked. */
export interface OfficialListQuery {
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  watch?: boolean;
  sortBy?: string;
  filterBy?: string;
}

interface Named {
  metadata: { name: string; annotations: Record<string, string> };
}

type Property = 'name' | 'display-name';

const PROPERTIES: readonly Property[] = ['name', 'display-name'];

/** `true`: with the namespaces; `false`, or nothing: without. Throws 400 for anything else, as the official operation does. */
export function readReclaim(reclaim: string | undefined): 'delete' | 'retain' {
  if (reclaim === undefined || reclaim === 'false') return 'retain';
  if (reclaim === 'true') return 'delete';
  throw badRequest(`reclaim: "${reclaim}" is neither true, which deletes the namespaces, nor false, which keeps them`);
}

/** `a,name` and `d,name`. Throws 422 for anything else. */
export function readOrder(sortBy: string | undefined): 'name' | '-name' {
  if (sortBy === undefined || sortBy === '' || sortBy === 'a,name') return 'name';
  if (sortBy === 'd,name') return '-name';
  throw invalid('the request', [{ field: 'sortBy', message: `"${sortBy}" is neither "a,name" nor "d,name"` }]);
}

/** What `fieldSelector` and `filterBy` leave. Throws 400 or 422 for what can't be read, 405 for a watch. */
export function officialFilter({ fieldSelector, filterBy, watch }: OfficialListQuery, domain: string): (item: Named) => boolean {
  if (watch === true) throw methodNotAllowed('this list can not be watched: ask for it again instead');
  const byFields = parseFieldSelector(fieldSelector, ['metadata.name']);
  const wanted = pairs(filterBy);
  const valueOf = ({ metadata }: Named, property: Property): string =>
    property === 'name' ? metadata.name : (metadata.annotations[`${domain}/display-name`] ?? '');
  return (item) => byFields(() => item.metadata.name) && wanted.every(({ property, text }) => valueOf(item, property).includes(text));
}

/** `display-name,keyword`: pairs of a property and what it contains. */
function pairs(filterBy: string | undefined): { property: Property; text: string }[] {
  if (filterBy === undefined || filterBy === '') return [];
  const parts = filterBy.split(',');
  if (parts.length % 2 !== 0) throw unreadable('consists of pairs, separated by commas');
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    const property = PROPERTIES.find((known) => known === parts[2 * index]);
    if (property === undefined) throw unreadable(`does not know "${parts[2 * index]}"; known are ${PROPERTIES.join(', ')}`);
    return { property, text: parts[2 * index + 1] ?? '' };
  });
}

const unreadable = (message: string) => invalid('the request', [{ field: 'filterBy', message }]);
