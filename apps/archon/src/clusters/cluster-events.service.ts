import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Notifications } from '#database';
import type { Principal } from '../auth/principal.js';
import { WatchEnds } from '../auth/watch-ends.service.js';
import { ClusterRegistrations } from './cluster-registrations.repository.js';
import { CLUSTERS_TOPIC } from './clusters-topic.js';
import type { ClusterSnapshot } from './cluster-snapshot.js';

/** What a watch of the registrations tells. `Lost` ends it: the changes after its version are not known any more. */
export type ClusterEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; cluster: ClusterSnapshot }
  | { type: 'BOOKMARK'; resourceVersion: string }
  | { type: 'LOST' };

export interface ClusterWatchOptions {
  caller: Principal;
  matches: (cluster: ClusterSnapshot) => boolean;
  /** Changes after this one are told. */
  version: bigint;
  timeoutMs: number;
  bookmarks: boolean;
}

/** A replica that misses a message looks by itself after this time. */
const POLL_MS = 5000;
const BOOKMARK_MS = 60_000;

/** Changes of registrations as they happen on any replica. */
@Injectable()
export class ClusterEvents {
  private changed = Promise.withResolvers<void>();

  constructor(
    private readonly registrations: ClusterRegistrations,
    private readonly ends: WatchEnds,
    notifications: Notifications,
  ) {
    notifications.on(CLUSTERS_TOPIC, () => this.wake());
    notifications.onGap(() => this.wake());
  }

  /** Ends as `WatchEnds` says, and when history is lost. */
  async *watch({ caller, matches, bookmarks, timeoutMs, ...from }: ClusterWatchOptions): AsyncGenerator<ClusterEvent> {
    const watching = this.ends.begin(caller, timeoutMs);
    try {
      let { version } = from;
      let isEnded = false;
      let bookmarkAt = performance.now() + BOOKMARK_MS;
      while (!isEnded) {
        const next = this.changed.promise; // before the look, or a change in between would be slept over
        const { newest, oldest } = await this.registrations.versions();
        if (version < oldest || version > newest) {
          yield { type: 'LOST' };
          return;
        }
        const changes = await this.registrations.changesAfter(version);
        for (const { resourceVersion, before, after } of changes) {
          version = BigInt(resourceVersion);
          const event = toEvent(before !== null && matches(before), after !== null && matches(after), before, after);
          if (event !== undefined) yield event;
        }
        if (changes.length > 0) continue;
        if (bookmarks && performance.now() >= bookmarkAt) {
          yield { type: 'BOOKMARK', resourceVersion: version.toString() };
          bookmarkAt = performance.now() + BOOKMARK_MS;
        }
        isEnded = (await Promise.race([watching.ended, next, sleep(POLL_MS, undefined, { ref: false })])) === 'ended';
      }
      if (bookmarks) yield { type: 'BOOKMARK', resourceVersion: version.toString() };
    } finally {
      watching.close();
    }
  }

  private wake(): void {
    const { resolve } = this.changed;
    this.changed = Promise.withResolvers<void>();
    resolve();
  }
}

/** A cluster that comes into the selection is new to the watch, one that leaves it is gone. A deleted one has its last version. */
function toEvent(was: boolean, is: boolean, before: ClusterSnapshot | null, after: ClusterSnapshot | null): ClusterEvent | undefined {
  if (is && after !== null) return { type: was ? 'MODIFIED' : 'ADDED', cluster: after };
  if (was && before !== null)
    return { type: 'DELETED', cluster: { ...before, resourceVersion: after?.resourceVersion ?? before.resourceVersion } };
  return undefined;
}
