import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Notifications } from '#database';
import { concerns, IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
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
export class ClusterEvents implements OnApplicationShutdown {
  private changed = Promise.withResolvers<void>();
  private readonly open = new Set<{ caller: Principal; end: () => void }>();

  constructor(
    private readonly registrations: ClusterRegistrations,
    notifications: Notifications,
    identityChanges: IdentityChanges,
  ) {
    notifications.on(CLUSTERS_TOPIC, () => this.wake());
    notifications.onGap(() => this.wake());
    identityChanges.on((change) => {
      for (const { caller, end } of this.open) if (concerns(change, caller)) end();
    });
  }

  onApplicationShutdown(): void {
    for (const { end } of this.open) end();
  }

  /** Ends after its time, when the caller's credential ends or something about the caller changes, and when history is lost. */
  async *watch(options: ClusterWatchOptions): AsyncGenerator<ClusterEvent> {
    const { caller, matches, bookmarks } = options;
    const ending = Promise.withResolvers<'ended'>();
    const watching = { caller, end: () => ending.resolve('ended') };
    const leftMs = Math.min(options.timeoutMs, caller.provenBy.expiresAt.getTime() - Date.now());
    const timer = setTimeout(watching.end, Math.max(0, Math.min(leftMs, 2 ** 31 - 1)));
    this.open.add(watching);
    try {
      let { version } = options;
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
        isEnded = (await Promise.race([ending.promise, next, sleep(POLL_MS, undefined, { ref: false })])) === 'ended';
      }
      if (bookmarks) yield { type: 'BOOKMARK', resourceVersion: version.toString() };
    } finally {
      clearTimeout(timer);
      this.open.delete(watching);
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
