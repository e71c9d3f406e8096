import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { concerns, IdentityChanges } from './identity-changes.service.js';
import type { Principal } from './principal.js';

/** An answer that goes on until it ends. */
export interface OpenWatch {
  ended: Promise<'ended'>;
  close: () => void;
}

const LONGEST_MS = 2 ** 31 - 1;

/** When watches of Archon's own objects end: after their time, with their caller's credential, when something about the caller changes, at the shutdown. */
@Injectable()
export class WatchEnds implements OnApplicationShutdown {
  private readonly open = new Set<{ caller: Principal; end: () => void }>();

  constructor(identityChanges: IdentityChanges) {
    identityChanges.on((change) => {
      for (const { caller, end } of this.open) if (concerns(change, caller)) end();
    });
  }

  onApplicationShutdown(): void {
    for (const { end } of this.open) end();
  }

  begin(caller: Principal, timeoutMs: number): OpenWatch {
    const { promise, resolve } = Promise.withResolvers<'ended'>();
    const watch = { caller, end: () => resolve('ended') };
    const leftMs = Math.min(timeoutMs, caller.provenBy.expiresAt.getTime() - Date.now(), LONGEST_MS);
    const timer = setTimeout(watch.end, Math.max(0, leftMs));
    this.open.add(watch);
    return {
      ended: promise,
      close: () => {
        clearTimeout(timer);
        this.open.delete(watch);
      },
    };
  }
}
