import { Injectable } from '@nestjs/common';
import { FieldCipher } from '#database';
import { ApiError, badRequest } from '#errors';
import { type KubernetesObject, readLabelSelector } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { readFieldTerms } from './field-terms.js';
import { type Facet, type ListedObjects, type ListedRow, ObjectLists } from './object-lists.repository.js';
import { freshnessOf } from './search-freshness.js';
import { type ListScene, SearchScenes } from './search-scenes.service.js';
import { LIST_LIFE_MS, listDigest, readPageEnd, type SearchPageEnd } from './search-token.js';
import type { SearchListResponse, SearchQuery } from './search.dto.js';
import type { Selection } from './selection-sql.js';
import { readSort, type SortKey } from './sort-keys.js';

const DEFAULT_LIMIT = 100;
const FACET_VALUES = 100;
const TOKEN = { table: 'objects', id: 'list', field: 'continue' };

interface AskedList {
  selection: Selection;
  sort: SortKey[];
  facets: Facet[];
  after: SearchPageEnd | undefined;
  digest: string;
}

/** Lists over all clusters, from the index. */
@Injectable()
export class Search {
  constructor(
    private readonly scenes: SearchScenes,
    private readonly lists: ObjectLists,
    private readonly cipher: FieldCipher,
    private readonly config: AppConfig,
  ) {}

  /**
   * A page of one kind of all clusters: rows, counts and facets of what the caller may list and no other. `name` is `pods` or `deployments.apps`.
   * Throws 400 for a selector, order, facet or token that can't be read, 404 for a kind that is not indexed, 410 for a token that is too old.
   */
  async list(caller: Principal, name: string, query: SearchQuery): Promise<SearchListResponse> {
    const asked = this.read(caller, name, query);
    const scene = await this.scenes.of(caller, name, query);
    const { selection, sort, after } = asked;
    const list: ListedObjects = { kind: scene.kind, places: scene.places, selection, sort, after: after?.keys };
    const limit = query.limit ?? DEFAULT_LIMIT;
    const [rows, facets] = await Promise.all([this.lists.page(list, limit + 1), this.facets(list, asked.facets, scene)]);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      kind: `${scene.objectKind}List`,
      apiVersion: scene.apiVersion,
      metadata: {
        ...(last === undefined ? {} : await this.end(asked, list, last, page.length)),
        ...freshnessOf(scene.clusters),
        ...(facets === undefined ? {} : { facets }),
      },
      items: page.map(({ cluster, body }) => this.withCluster(body, scene.names.get(cluster) ?? '')),
    };
  }

  private read(caller: Principal, name: string, query: SearchQuery): AskedList {
    const { limit: _limit, continue: token, facets = [], ...filters } = query;
    const digest = listDigest([caller.user, name, filters]);
    return {
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
      facets: facets.map(readFacet),
      after: token === undefined ? undefined : this.open(token, digest),
      digest,
    };
  }

  private open(token: string, digest: string): SearchPageEnd {
    const end = readPageEnd(this.decrypted(token));
    if (end?.list !== digest) throw badRequest('continue: not a token of this list; begin again without it');
    if (Date.now() - end.begunAt > LIST_LIFE_MS)
      throw new ApiError('Expired', 'the list that this token continues is too old: begin again without "continue"');
    return end;
  }

  private decrypted(token: string): string {
    try {
      return this.cipher.decrypt(Buffer.from(token, 'base64url').toString('utf8'), TOKEN);
    } catch {
      return '';
    }
  }

  private async end({ digest, after }: AskedList, list: ListedObjects, last: ListedRow, shown: number) {
    const end: SearchPageEnd = { list: digest, keys: last.keys, begunAt: after?.begunAt ?? Date.now() };
    const count = await this.lists.count(list);
    return {
      continue: Buffer.from(this.cipher.encrypt(JSON.stringify(end), TOKEN)).toString('base64url'),
      remainingItemCount: Math.max(1, count - shown),
    };
  }

  private async facets(list: ListedObjects, facets: readonly Facet[], scene: ListScene): Promise<SearchListResponse['metadata']['facets']> {
    if (facets.length === 0) return undefined;
    const counted = await Promise.all(facets.map((facet) => this.lists.facet(list, facet, FACET_VALUES)));
    return Object.fromEntries(
      await Promise.all(facets.map(async (facet, index) => [facet, await this.scenes.named(facet, counted[index] ?? [], scene)] as const)),
    );
  }

  private withCluster(body: KubernetesObject, cluster: string): KubernetesObject {
    const annotations = { ...body.metadata.annotations, [`${this.config.labelBaseDomain}/cluster`]: cluster };
    return { ...body, metadata: { ...body.metadata, annotations } };
  }
}

function readFacet(text: string): Facet {
  if (text === 'status' || text === 'cluster' || text === 'namespace') return text;
  if (text.startsWith('label:') && text.length > 'label:'.length) return text as Facet;
  throw badRequest(`facets: "${text}" is none of status, cluster, namespace, label:<key>`);
}
