/** What is wrong with a cluster: it can't be reached, or it answers nothing but server errors. `reason` completes "it is down: …". */
export interface Trouble {
  kind: 'unreachable' | 'erring';
  reason: string;
}

/** A question of our own to the cluster. `reach`: does it answer at all? `readiness`: does it answer without a server error? */
export type Probe = 'reach' | 'readiness';

/** This many failures in a row open the breaker, or have the cluster asked when they happened on connections that stood. */
const FAILURES = 5;
/** Longer than the time to connect: a request that waits so long while nothing at all comes from the cluster makes it suspect. */
const SILENCE_MS = 3500;
/** A cluster that is suspect but proves well is not asked again sooner. */
const ASK_AGAIN_MS = { reach: 2000, readiness: 5000 };
/** Between two probes of a cluster that is down, drawn anew each time: clusters that fell together must not be asked together. */
const OPEN_PROBE_MS = { least: 2500, most: 6000 };
/** Between the probes that confirm a first success. */
const CONFIRM_MS = { least: 250, most: 750 };
/** Silence of a healthy cluster after which it is asked although no request needs it. */
const IDLE_MS = { least: 5000, most: 7500 };
/** Successful probes in a row that close the breaker; more where it opened again soon after it had closed, or a bad link would flap it. */
const CONFIRMATIONS = { usual: 2, afterRelapse: 6 };
const RELAPSE_MS = 60_000;
/** Requests in flight that a cluster gets when it is back; doubled every step, so that those who waited don't knock it over again. */
const RAMP = { first: 16, stepMs: 500, steps: 4 };

/**
 * Decides from what happens to requests whether a cluster is to be spared more of them (Nygard, "Release It!", circuit breaker). Knows no
 * clock: all times are milliseconds that the caller gives, ever growing. Closed: requests pass. Open: none does, and the cluster is probed
 * about every 5 s. Half-open: a probe succeeded, and a few more must confirm it. One broken API behind a cluster can't open the breaker:
 * server errors, and failures of connections that stood, only have the cluster asked, and the answer decides.
 */
export class CircuitBreaker {
  phase: 'closed' | 'open' | 'half-open' = 'closed';
  /** When it last opened, or closed; the begin at first. */
  since: number;
  /** Why it is not closed, or what it was opened for last. */
  trouble: Trouble | undefined;
  /** When the cluster last answered with anything but a server error; undefined before the first time. */
  heardAt: number | undefined;
  private failures = 0;
  private errors = 0;
  private silentSince: number | undefined;
  private wanted: Probe | undefined;
  private probedAt = Number.NEGATIVE_INFINITY;
  private nextProbeAt = 0;
  private idleMs: number;
  private confirmed = 0;
  private confirmations = CONFIRMATIONS.usual;
  private closedAt = Number.NEGATIVE_INFINITY;

  /** `random` gives numbers from 0 (inclusive) to 1 (exclusive). */
  constructor(
    now: number,
    private readonly random: () => number,
  ) {
    this.since = now;
    this.idleMs = this.between(IDLE_MS);
  }

  /** A request begins to wait for the cluster. */
  began(now: number): void {
    this.silentSince ??= now;
  }

  /** The cluster answered a request with this HTTP code; so many others still wait. */
  answered(now: number, code: number, waiting: number): void {
    this.silentSince = waiting > 0 ? now : undefined;
    this.failures = 0;
    if (code >= 500) {
      if (++this.errors >= FAILURES) this.wanted = 'readiness';
      return;
    }
    this.errors = 0;
    this.heardAt = now;
    // The credential is refused: ask with nothing but it, and soon.
    if (code === 401) this.wanted ??= 'reach';
  }

  /** A request got no answer, or not all of it. `connected`: on a connection that stood. */
  failed(now: number, connected: boolean, reason: string): void {
    this.failures++;
    this.silentSince ??= now;
    if (this.phase !== 'closed' || this.failures < FAILURES) return;
    if (connected) this.wanted = 'reach';
    else this.open(now, { kind: 'unreachable', reason });
  }

  /** A request was given up by its caller: that says nothing about the cluster. */
  abandoned(waiting: number): void {
    if (waiting === 0 && this.failures === 0) this.silentSince = undefined;
  }

  /** Has a closed breaker's cluster asked at the next opportunity. */
  ask(): void {
    this.wanted ??= 'reach';
  }

  /**
   * The probe to send now, if any. `watched`: the cluster is to be known even when nobody uses it. `fresh` demands a new connection:
   * what a kept one does may be the fault of that connection alone.
   */
  probeDue(now: number, waiting: number, watched: boolean): { probe: Probe; fresh: boolean } | undefined {
    if (this.phase !== 'closed')
      return now >= this.nextProbeAt ? { probe: this.trouble?.kind === 'erring' ? 'readiness' : 'reach', fresh: false } : undefined;
    const isSilent = this.silentSince !== undefined && (waiting > 0 || this.failures > 0) && now - this.silentSince >= SILENCE_MS;
    const wanted = this.wanted ?? (isSilent ? 'reach' : undefined);
    if (wanted !== undefined) return now - this.probedAt >= ASK_AGAIN_MS[wanted] ? { probe: wanted, fresh: true } : undefined;
    const quietSince = Math.max(this.heardAt ?? Number.NEGATIVE_INFINITY, this.probedAt);
    return watched && now - quietSince >= this.idleMs ? { probe: 'reach', fresh: false } : undefined;
  }

  /** A probe was sent. */
  probing(now: number): void {
    this.probedAt = now;
    this.idleMs = this.between(IDLE_MS);
    this.nextProbeAt = Number.POSITIVE_INFINITY;
    this.wanted = undefined;
  }

  /** What the probe found: `undefined` when the cluster is well. */
  probed(now: number, trouble: Trouble | undefined, { probe, fresh }: { probe: Probe; fresh: boolean }, waiting: number): void {
    if (trouble === undefined) return this.proved(now, waiting);
    if (this.phase !== 'closed') {
      this.phase = 'open';
      this.trouble = trouble;
      this.confirmed = 0;
      this.nextProbeAt = now + this.between(OPEN_PROBE_MS);
    } else if (trouble.kind === 'erring' ? probe === 'readiness' : fresh) {
      this.open(now, trouble);
    } else {
      // Perhaps only that connection is dead, or that path errs: ask once more, at once, in the way that decides.
      this.wanted = trouble.kind === 'erring' ? 'readiness' : 'reach';
      this.probedAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** How many requests may be in flight when `most` are allowed to a cluster that has been well for long. */
  limit(now: number, most: number): number {
    const steps = (now - this.closedAt) / RAMP.stepMs;
    return steps >= RAMP.steps ? most : Math.min(most, RAMP.first * 2 ** Math.floor(steps));
  }

  private proved(now: number, waiting: number): void {
    this.heardAt = now;
    this.failures = 0;
    this.errors = 0;
    this.silentSince = waiting > 0 ? now : undefined;
    if (this.phase === 'closed') return;
    if (++this.confirmed < this.confirmations) {
      this.phase = 'half-open';
      this.nextProbeAt = now + this.between(CONFIRM_MS);
      return;
    }
    this.phase = 'closed';
    this.since = now;
    this.closedAt = now;
  }

  private open(now: number, trouble: Trouble): void {
    this.confirmations = now - this.closedAt < RELAPSE_MS ? CONFIRMATIONS.afterRelapse : CONFIRMATIONS.usual;
    this.phase = 'open';
    this.since = now;
    this.trouble = trouble;
    this.confirmed = 0;
    this.silentSince = undefined;
    this.wanted = undefined;
    this.nextProbeAt = now + this.between(OPEN_PROBE_MS);
  }

  private between({ least, most }: { least: number; most: number }): number {
    return least + this.random() * (most - least);
  }
}
