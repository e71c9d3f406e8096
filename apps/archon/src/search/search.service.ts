import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { FieldCipher } from '#database';
import { ApiError, badRequest } from '#errors';
import type { ClusterFailure } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { wantsTable } from '../http/kubernetes-table.js';
import { type IndexedKind, ObjectIndex } from '../index/object-index.service.js';
import { askedKind, exactKind, kindName } from './asked-kinds.js';
import { type AskedList, readAskedList } from './asked-list.js';
import { type AwaitedVersions, lateClusters, readAwaitedVersions } from './awaited-versions.js';
import { readFieldPath } from './field-terms.js';
import { digestOf, ListTag } from './list-tag.js';
import { LiveClusters, type Liveness } from './live-clusters.service.js';
import type { ListedObjects } from './list-sql.js';
import { type Facet, type ListedRow, ObjectLists, type Tally } from './object-lists.repository.js';
import { shownObject } from './projected-object.js';
import { freshnessOf } from './search-freshness.js';
import { type ListScene, SearchScenes } from './search-scenes.service.js';
import { toSearchTable } from './search-table.js';
import { LIST_LIFE_MS, listDigest, readPageEnd, type SearchPageEnd } from './search-token.js';
import type { ResourceSearchQuery, SearchAllQuery, SearchListResponse, SearchQuery } from './search.dto.js';

const DEFAULT_LIMIT = 100;
const FACET_VALUES = 100;
/** How long a list waits for what its caller has written, and how often it looks. */
const [AWAIT_MS, AWAIT_POLL_MS] = [3000, 50];
const TOKEN = { table: 'objects', id: 'list', field: 'continue' };

/** What of a request's headers a list looks at. */
export interface ListHeaders {
  accept?: string | undefined;
  'if-none-match'?: string | undefined;
}

/** A list, or nothing where the caller has it already. */
export interface ListAnswer {
  /** Of all that the list shows, except how long ago clusters were heard. */
  entityTag: string;
  body: SearchListResponse | object | undefined;
}

/** A kind that is listed whether or not a cluster has it. */
export interface KnownType {
  group: string;
  version: string;
  resource: string;
  objectKind: string;
}

interface AskedPage extends AskedList {
  awaited: AwaitedVersions;
  after: SearchPageEnd | undefined;
  digest: string;
}

interface Page {
  metadata: SearchListResponse['metadata'];
  rows: ListedRow[];
}

/** Lists over all clusters, from the index. */
@Injectable()
export class Search {
  private readonly versions = new WeakMap<ListScene, string>();

  constructor(
    private readonly index: ObjectIndex,
    private readonly scenes: SearchScenes,
    private readonly lists: ObjectLists,
    private readonly clusters: LiveClusters,
    private readonly cipher: FieldCipher,
    private readonly config: AppConfig,
  ) {}

  /**
   * A page of one kind of all clusters: rows, counts and facets of what the caller may list and no other. `name` is `pods` or `deployments.apps`.
   * Throws 400 for a selector, order, facet or token that can't be read, 404 for a kind that is not indexed, 410 for a token that is too old.
   */
  async list(caller: Principal, name: string, query: SearchQuery, headers: ListHeaders): Promise<ListAnswer> {
    const asked = this.read(caller, name, query);
    return this.answer(caller, [askedKind(name, await this.index.kinds())], { query, asked, headers });
  }

  /** The same of a kind that no cluster need have: nothing then. */
  async listKnown(caller: Principal, type: KnownType, query: SearchQuery, headers: ListHeaders): Promise<ListAnswer> {
    const name = kindName(type);
    const asked = this.read(caller, name, query);
    const kinds = (await this.index.kinds()).filter((kind) => kindName(kind) === name);
    return this.answer(caller, kinds, { query, asked, headers, type });
  }

  /** A page of several kinds together, of all that are indexed unless some are asked for. Throws as `list` does. */
  async listAll(caller: Principal, { q, resources, ...query }: SearchAllQuery, headers: ListHeaders): Promise<ListAnswer> {
    const asked = this.read(caller, [q, resources], { ...query, keyword: q ?? query.keyword });
    if (query.consistency === 'live') throw badRequest('consistency: only a list of one kind can be live; name it in the path');
    const kinds = await this.index.kinds();
    return this.answer(caller, resources?.map((name) => askedKind(name, kinds)) ?? kinds, { query, asked, headers });
  }

  /** A page of one kind of one cluster, of objects with a word in a field. Throws as `list` does. */
  async inCluster(
    caller: Principal,
    { cluster, namespace, ...kind }: { cluster: string; group: string; resource: string; namespace?: string },
    { keyword, field = 'metadata.name', project, ...page }: ResourceSearchQuery,
  ): Promise<ListAnswer['body']> {
    const path = readFieldPath(field, 'field');
    const query: SearchQuery = {
      ...page,
      clusters: [cluster],
      ...(namespace === undefined ? {} : { namespaces: [namespace] }),
      ...(project === undefined ? {} : { projects: [project] }),
    };
    const isName = path.join('.') === 'metadata.name';
    const asked = this.read(caller, [kind, path, keyword], isName ? { ...query, keyword } : query);
    if (!isName) asked.selection = { ...asked.selection, contains: { path, text: keyword } };
    const found = exactKind(kind, await this.index.kinds());
    return (await this.answer(caller, [found], { query, asked, headers: {} })).body;
  }

  private async answer(
    caller: Principal,
    kinds: readonly IndexedKind[],
    { query, asked, headers, type }: { query: SearchQuery; asked: AskedPage; headers: ListHeaders; type?: KnownType },
  ): Promise<ListAnswer> {
    const { scene, late, live } = await this.lookedAt(caller, kinds, { query, asked });
    const isTable = wantsTable(headers.accept);
    const list = [query, asked.digest, isTable];
    const tag = new ListTag(headers['if-none-match'], digestOf([list, this.versionOf(scene), late, [...live.keys()]]));
    const unchanged = tag.unchanged();
    if (unchanged !== undefined) return { entityTag: unchanged, body: undefined };
    const { metadata, rows } = await this.page(scene, kinds, query, asked);
    addLiveness(metadata, live, late);
    const { entityTag, isHeld } = tag.of(digestOf([list, shownBy(metadata, rows)]));
    if (isHeld) return { entityTag, body: undefined };
    const shown = rows.map(({ cluster, status, body }) => {
      const name = scene.names.get(cluster) ?? '';
      return {
        cluster: name,
        status,
        object: shownObject(body, { cluster: name, domain: this.config.labelBaseDomain, fields: asked.fields }),
      };
    });
    const hasKinds = kinds.length > 1;
    if (isTable) {
      const options = { include: query.includeObject ?? 'Metadata', now: new Date(), hasKinds };
      return { entityTag, body: toSearchTable(shown, metadata, options) };
    }
    return { entityTag, body: { ...typeOf(kinds, scene, type), metadata, items: shown.map(({ object }) => object) } };
  }

  /** The scene of a list; of one that must be live, once the clusters were asked. */
  private async lookedAt(
    caller: Principal,
    kinds: readonly IndexedKind[],
    { query, asked }: { query: SearchQuery; asked: AskedPage },
  ): Promise<{ scene: ListScene; late: ClusterFailure[]; live: Liveness['live'] }> {
    const { scene, late } = await this.caughtUp(caller, kinds, query, asked.awaited);
    const [kind] = kinds;
    if (query.consistency !== 'live' || kind === undefined) return { scene, late, live: new Map() };
    const { live, failures } = await this.clusters.check(scene.clusters, kind);
    return { scene: await this.scenes.of(caller, kinds, query), late: [...late, ...failures], live };
  }

  /** Waits a while for the index to have what the caller knows to be there. */
  private async caughtUp(
    caller: Principal,
    kinds: readonly IndexedKind[],
    query: SearchQuery,
    awaited: AwaitedVersions,
  ): Promise<{ scene: ListScene; late: ClusterFailure[] }> {
    for (const end = performance.now() + AWAIT_MS; ; await sleep(AWAIT_POLL_MS)) {
      const scene = await this.scenes.of(caller, kinds, query);
      const late = lateClusters(scene.clusters, awaited);
      if (late.length === 0 || performance.now() >= end) return { scene, late };
    }
  }

  private async page(scene: ListScene, kinds: readonly IndexedKind[], query: SearchQuery, asked: AskedPage): Promise<Page> {
    const { selection, sort, after } = asked;
    const list: ListedObjects = { kinds: scene.shown, selection, sort, after: after?.keys };
    const limit = query.limit ?? DEFAULT_LIMIT;
    const [page, tally] = await Promise.all([
      this.lists.page(list, limit + 1, { isCounted: after === undefined && asked.facets.length === 0 }),
      asked.facets.length === 0 ? undefined : this.lists.tally(list, asked.facets, FACET_VALUES),
    ]);
    const rows = page.rows.slice(0, limit);
    const last = page.rows.length > limit ? rows.at(-1) : undefined;
    const total = async () => after?.total ?? tally?.total ?? page.total ?? (await this.lists.tally(list, [], 0)).total;
    const metadata = {
      ...(last === undefined ? {} : this.end(asked, last, { total: await total(), rows: rows.length })),
      ...freshnessOf(scene.clusters),
      ...(tally === undefined ? {} : { facets: await this.namedFacets(tally, asked.facets, scene, kinds) }),
    };
    return { metadata, rows };
  }

  private read(caller: Principal, name: unknown, query: SearchQuery): AskedPage {
    const {
      limit: _limit,
      continue: token,
      facets: _facets,
      fields: _fields,
      includeObject: _include,
      consistency: _,
      notOlderThan,
      ...filters
    } = query;
    const digest = listDigest([caller.user, name, filters]);
    return {
      ...readAskedList(query),
      after: token === undefined ? undefined : this.open(token, digest),
      digest,
      awaited: readAwaitedVersions(notOlderThan),
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

  /** The list is counted when it begins: what comes and goes later does not change the number. */
  private end({ digest, after }: AskedPage, last: ListedRow, { total, rows }: { total: number; rows: number }) {
    const shown = (after?.shown ?? 0) + rows;
    const end: SearchPageEnd = { list: digest, keys: last.keys, begunAt: after?.begunAt ?? Date.now(), total, shown };
    return {
      continue: Buffer.from(this.cipher.encrypt(JSON.stringify(end), TOKEN)).toString('base64url'),
      remainingItemCount: Math.max(1, total - shown),
    };
  }

  /** What decides on the rows of a list: where it looks, and what was last written there. */
  private versionOf(scene: ListScene): string {
    let version = this.versions.get(scene);
    if (version === undefined) {
      const clusters = scene.clusters.map(({ name, isDisabled, rightsRevision, reflections }) => [
        name,
        isDisabled,
        rightsRevision,
        [...reflections].map(([kind, { revision, state, isWhole }]) => [kind, revision, state, isWhole]),
      ]);
      version = digestOf([scene.shown, clusters]);
      this.versions.set(scene, version);
    }
    return version;
  }

  private async namedFacets(
    tally: Tally,
    facets: readonly Facet[],
    scene: ListScene,
    kinds: readonly IndexedKind[],
  ): Promise<SearchListResponse['metadata']['facets']> {
    const named = facets.map(
      async (facet, index) => [facet, await this.scenes.named(facet, tally.facets[index] ?? [], scene, kinds)] as const,
    );
    return Object.fromEntries(await Promise.all(named));
  }
}

/** All that a list says, except how long ago clusters were heard, and the token of its end, which is another one each time. */
function shownBy({ freshness, continue: _, ...metadata }: SearchListResponse['metadata'], rows: readonly ListedRow[]): unknown {
  return [
    metadata,
    freshness.map(({ cluster, source, staleSince }) => [cluster, source, staleSince]),
    rows.map(({ cluster, body }) => [cluster, body.metadata.uid, body.metadata.resourceVersion]),
  ];
}

/** What clusters said themselves comes before what the index knows of them. */
function addLiveness(metadata: SearchListResponse['metadata'], live: Liveness['live'], late: readonly ClusterFailure[]): void {
  for (const each of metadata.freshness) {
    const askedAt = live.get(each.cluster);
    if (askedAt !== undefined) Object.assign(each, { source: 'live', syncedAt: askedAt.toISOString() });
  }
  const known = new Set(metadata.failures.map(({ cluster }) => cluster));
  metadata.failures.push(...late.filter(({ cluster }) => !known.has(cluster)));
}

function typeOf(kinds: readonly IndexedKind[], { clusters }: ListScene, known?: KnownType): { kind: string; apiVersion: string } {
  const [kind, ...others] = kinds;
  if (known !== undefined) return { kind: `${known.objectKind}List`, apiVersion: `${known.group}/${known.version}` };
  if (kind === undefined || others.length > 0) return { kind: 'List', apiVersion: 'v1' };
  const reflection = clusters.flatMap(({ reflections }) => reflections.get(kind.kind) ?? [])[0];
  return { kind: `${reflection?.objectKind ?? ''}List`, apiVersion: [kind.group, reflection?.version ?? 'v1'].filter(Boolean).join('/') };
}
