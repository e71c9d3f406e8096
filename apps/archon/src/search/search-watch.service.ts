import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ApiError } from '#errors';
import type { KubernetesObject } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { WatchEnds } from '../auth/watch-ends.service.js';
import { AppConfig } from '../config.module.js';
import { ChangeFeed, type ObjectChange } from '../index/change-feed.service.js';
import { type IndexedKind, ObjectIndex } from '../index/object-index.service.js';
import { askedKind } from './asked-kinds.js';
import { type AskedList, readAskedList } from './asked-list.js';
import type { ShownKind } from './list-sql.js';
import { ObjectLists } from './object-lists.repository.js';
import { shownObject } from './projected-object.js';
import { type ListScene, SearchScenes } from './search-scenes.service.js';
import type { WatchableSearchQuery } from './search.dto.js';
import { readSort } from './sort-keys.js';

/** `metav1.WatchEvent`. */
export interface SearchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: object;
}

/** What a client was told of, by UID, so that it is told when it is gone. */
type Told = Map<string, Pick<KubernetesObject, 'apiVersion' | 'kind' | 'metadata'>>;

const TIMEOUT_SECONDS = 1800;
const PAGE = 500;
/** Objects that one watch tells of: it remembers each. */
const MOST = 20_000;
/** How long rights that were taken are not noticed. */
const RIGHTS_MS = 5000;
const BOOKMARK_MS = 30_000;

/** Watches of lists over all clusters: what a list would show, as it changes. */
@Injectable()
export class SearchWatch {
  constructor(
    private readonly index: ObjectIndex,
    private readonly scenes: SearchScenes,
    private readonly lists: ObjectLists,
    private readonly feed: ChangeFeed,
    private readonly ends: WatchEnds,
    private readonly config: AppConfig,
  ) {}

  /**
   * Begins with all objects as they are (ADDED), then a BOOKMARK with `k8s.io/initial-events-end`, as Kubernetes does. An object that no longer
   * matches is DELETED. Ends with ERROR 410 when the caller sees other places than before, and when changes may have been missed. Throws as a list does, before
   * the first event.
   */
  async begin(caller: Principal, name: string, query: WatchableSearchQuery): Promise<AsyncGenerator<SearchEvent>> {
    const asked = readAskedList(query);
    const kind = askedKind(name, await this.index.kinds());
    return this.events(caller, kind, query, asked);
  }

  private async *events(caller: Principal, kind: IndexedKind, query: WatchableSearchQuery, asked: AskedList): AsyncGenerator<SearchEvent> {
    const watching = this.ends.begin(caller, (query.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000);
    const changes = new Changes();
    const stop = await this.feed.listen({
      kinds: new Set([kind.kind]),
      changed: (changed) => changes.add(changed),
      lost: () => changes.lose(),
    });
    try {
      const scene = await this.scenes.of(caller, [kind], query);
      const told: Told = new Map();
      if (!(yield* this.initial(scene, asked, told))) return;
      yield bookmark({ 'k8s.io/initial-events-end': 'true' });
      const [places, isShown] = [JSON.stringify(scene.shown), shownBy(scene.shown)];
      for (let [rightsAt, bookmarkAt] = [performance.now(), performance.now()]; ; ) {
        const next = changes.next; // before the look, or a change in between would be slept over
        const uids = changes.take(isShown);
        yield* this.changed(scene, asked, told, uids);
        const now = performance.now();
        if (now - rightsAt >= RIGHTS_MS) {
          if (JSON.stringify((await this.scenes.of(caller, [kind], query)).shown) !== places) {
            yield expired('what you may see has changed');
            return;
          }
          rightsAt = now;
        }
        if (changes.isLost) {
          yield expired('changes may have been missed');
          return;
        }
        if (now - bookmarkAt >= BOOKMARK_MS) {
          yield bookmark({});
          bookmarkAt = now;
        }
        if ((await Promise.race([watching.ended, next, sleep(RIGHTS_MS, undefined, { ref: false })])) === 'ended') return;
      }
    } finally {
      stop();
      watching.close();
    }
  }

  /** Gives whether all could be told. */
  private async *initial(scene: ListScene, { selection, fields }: AskedList, told: Told): AsyncGenerator<SearchEvent, boolean> {
    const sort = readSort(undefined);
    for (let after: string[] | undefined; ; ) {
      const { rows } = await this.lists.page({ kinds: scene.shown, selection, sort, after }, PAGE);
      for (const { uid, cluster, body } of rows) {
        if (told.size === MOST) {
          yield expired(`a watch tells of ${MOST} objects at most: narrow it`);
          return false;
        }
        yield this.event(told, uid, body, scene.names.get(cluster) ?? '', fields);
      }
      if (rows.length < PAGE) return true;
      after = rows.at(-1)?.keys;
    }
  }

  private async *changed(
    scene: ListScene,
    { selection, fields }: AskedList,
    told: Told,
    uids: readonly string[],
  ): AsyncGenerator<SearchEvent> {
    for (let from = 0; from < uids.length; from += PAGE) {
      const some = uids.slice(from, from + PAGE);
      const { rows } = await this.lists.page(
        { kinds: scene.shown, selection: { ...selection, uids: some }, sort: readSort(undefined) },
        PAGE,
      );
      const matching = new Set(rows.map(({ uid }) => uid));
      for (const uid of some) {
        const gone = matching.has(uid) ? undefined : told.get(uid);
        if (gone !== undefined && told.delete(uid)) yield { type: 'DELETED', object: gone };
      }
      for (const { uid, cluster, body } of rows) yield this.event(told, uid, body, scene.names.get(cluster) ?? '', fields);
    }
  }

  private event(told: Told, uid: string, body: KubernetesObject, cluster: string, fields: AskedList['fields']): SearchEvent {
    const domain = this.config.labelBaseDomain;
    const type = told.has(uid) ? 'MODIFIED' : 'ADDED';
    told.set(uid, identityOf(shownObject(body, { cluster, domain, fields: [] })));
    return { type, object: shownObject(body, { cluster, domain, fields }) };
  }
}

/** Changes that were told and not yet looked at. */
class Changes {
  isLost = false;
  private waiting: ObjectChange[] = [];
  private wake = Promise.withResolvers<void>();

  get next(): Promise<void> {
    return this.wake.promise;
  }

  add(changes: readonly ObjectChange[]): void {
    this.waiting.push(...changes);
    this.rouse();
  }

  lose(): void {
    this.isLost = true;
    this.rouse();
  }

  /** The UIDs of those that are shown, each once. */
  take(isShown: (change: ObjectChange) => boolean): string[] {
    const { waiting } = this;
    this.waiting = [];
    return [...new Set(waiting.filter(isShown).map(({ uid }) => uid))];
  }

  private rouse(): void {
    const { resolve } = this.wake;
    this.wake = Promise.withResolvers<void>();
    resolve();
  }
}

/** Whether a change is in the places that are shown. */
function shownBy(shown: readonly ShownKind[]): (change: ObjectChange) => boolean {
  const clusters = new Set(shown.flatMap((places) => places.clusters));
  const namespaces = new Set(shown.flatMap((places) => places.namespaces));
  const names = new Set(shown.flatMap((places) => places.names.map(({ cluster, name }) => `${cluster}/${name}`)));
  return ({ cluster, namespace, name }) => clusters.has(cluster) || namespaces.has(namespace) || names.has(`${cluster}/${name}`);
}

const identityOf = ({ apiVersion, kind, metadata }: KubernetesObject): Pick<KubernetesObject, 'apiVersion' | 'kind' | 'metadata'> => ({
  apiVersion,
  kind,
  metadata,
});

const bookmark = (annotations: Record<string, string>): SearchEvent => ({
  type: 'BOOKMARK',
  object: { apiVersion: 'v1', kind: 'List', metadata: { annotations } },
});

const expired = (why: string): SearchEvent => ({
  type: 'ERROR',
  object: new ApiError('Expired', `${why}: begin the watch again`).toStatus(),
});
