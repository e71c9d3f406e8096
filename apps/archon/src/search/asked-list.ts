import { badRequest } from '#errors';
import { readLabelSelector } from '#kubernetes';
import { readFieldPath, readFieldTerms } from './field-terms.js';
import type { Facet } from './object-lists.repository.js';
import type { SearchQuery } from './search.dto.js';
import type { Selection } from './selection-sql.js';
import { readSort, type SortKey } from './sort-keys.js';

/** What is asked of a list, read. */
export interface AskedList {
  selection: Selection;
  sort: SortKey[];
  facets: Facet[];
  /** Paths of the fields that are shown; undefined for all. */
  fields: string[][] | undefined;
}

/** Throws 400 for a selector, order, facet or field that can't be read. */
export const readAskedList = (query: SearchQuery): AskedList => ({
  selection: {
    labels: readLabelSelector(query.labelSelector),
    fields: readFieldTerms(query.fieldSelector),
    keyword: query.keyword,
    owner: query.owner,
    statuses: query.status,
    createdAfter: query.createdAfter,
    createdBefore: query.createdBefore,
  },
  sort: readSort(query.sort),
  facets: (query.facets ?? []).map(readFacet),
  fields: query.fields?.map((field) => readFieldPath(field, 'fields')),
});

function readFacet(text: string): Facet {
  if (text === 'status' || text === 'cluster' || text === 'namespace' || text === 'kind') return text;
  if (text.startsWith('label:') && text.length > 'label:'.length) return text as Facet;
  throw badRequest(`facets: "${text}" is none of status, cluster, namespace, kind, label:<key>`);
}
