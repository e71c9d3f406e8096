import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApiError, forbidden, unauthorized } from '#errors';
import { requestAttributes } from '#kubernetes';
import { Authenticator } from '../auth/authenticator.service.js';
import { concerns, IdentityChanges } from '../auth/identity-changes.service.js';
import type { Principal } from '../auth/principal.js';
import { CLUSTER_DISABLED } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { Admission, type AdmittedTarget, type Asked, isShell } from './admission.service.js';

/** The two ends of a session. */
export interface LiveStream {
  /** Ends it; the client is told why as far as its protocol can. */
  end(why: ApiError): void;
  /** What the client sends waits, where it can send anything. */
  hold?(): void;
  release?(): void;
  /** When it was last used, by `performance.now()`; absent where that is not known. */
  readonly usedMs?: number;
}

/** Each session is checked anew this often. With the memory of answers (3 s) and of credentials (2 s) that stays below 10 s. */
const CHECK_MS = 5000;
const TICK_MS = 500;
/** So long a session goes on while nobody can say whether it may. */
const UNKNOWN_MS = 90_000;
const RETRY_SECONDS = 5;

/**
 * Everything that goes on after its request was admitted: exec, attach, port-forward, followed logs, watches, streams of proxies. Their
 * number is bounded, and each is admitted again every few seconds and on every change that may concern it, in the very way of the first time.
 */
@Injectable()
export class LiveSessions implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly sessions = new Set<LiveSession>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly admission: Admission,
    private readonly config: AppConfig,
    // Behind the authenticator's own listener: what it remembered of somebody is forgotten when the check asks.
    changes: IdentityChanges,
  ) {
    changes.on((change) => {
      for (const session of this.sessions) if (concerns(change, session.principal)) void this.check(session, true);
    });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.tick(performance.now()), TICK_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Throws 429 when there are too many. Each session that is opened must be closed. */
  open(
    principal: Principal,
    authorization: string | undefined,
    target: AdmittedTarget,
    asked: Asked,
    onEnd: (why: ApiError) => void,
  ): LiveSession {
    const isInteractive = asked.upgrade && isShell(requestAttributes(asked.method, asked.path));
    this.refuseTooMany(principal.user, asked.cluster, isInteractive);
    const session = new LiveSession(principal, authorization, target, asked, isInteractive, onEnd, () => this.sessions.delete(session));
    this.sessions.add(session);
    return session;
  }

  private refuseTooMany(user: string, cluster: string, isInteractive: boolean): void {
    const { maxStreams, maxStreamsPerCluster, maxStreamsPerUser, maxShellsPerUser } = this.config;
    let [ofUser, ofCluster, shells] = [0, 0, 0];
    for (const session of this.sessions) {
      if (session.asked.cluster === cluster) ofCluster++;
      if (session.principal.user !== user) continue;
      ofUser++;
      if (session.isInteractive) shells++;
    }
    if (isInteractive && shells >= maxShellsPerUser) throw tooMany(`you have ${shells} terminals and forwarded ports open`);
    if (ofUser >= maxStreamsPerUser) throw tooMany(`you have ${ofUser} streams open`);
    if (ofCluster >= maxStreamsPerCluster) throw tooMany(`${ofCluster} streams of cluster "${cluster}" are open`);
    if (this.sessions.size >= maxStreams) throw tooMany(`${this.sessions.size} streams are open here`);
  }

  private tick(nowMs: number): void {
    for (const session of this.sessions) {
      const overdue = session.isInteractive ? this.overdue(session, nowMs) : undefined;
      if (overdue !== undefined) session.end(new ApiError('Timeout', overdue, undefined, { code: 408 }));
      else if (session.checks === 0 && nowMs - session.checkedMs >= CHECK_MS) void this.check(session, false);
    }
  }

  private overdue({ openedMs, usedMs }: LiveSession, nowMs: number): string | undefined {
    const { shellIdleSeconds, shellMaxSeconds } = this.config;
    if (nowMs - openedMs > shellMaxSeconds * 1000) return `the session has lasted ${shellMaxSeconds} seconds, which is the longest`;
    if (nowMs - usedMs > shellIdleSeconds * 1000) return `the session was not used for ${shellIdleSeconds} seconds`;
    return undefined;
  }

  /** After a change nothing that the client sends passes until it is known that it may. */
  private async check(session: LiveSession, isChange: boolean): Promise<void> {
    if (isChange) session.hold();
    const round = ++session.round;
    session.checks++;
    session.checkedMs = performance.now();
    try {
      await this.admitAgain(session);
      session.knownMs = performance.now();
    } catch (failure) {
      if (round !== session.round) return; // a later check decides
      if (isRefusal(failure)) session.end(failure);
      else if (performance.now() - session.knownMs > UNKNOWN_MS)
        session.end(new ApiError('ServiceUnavailable', 'for too long it could not be found out whether the session may go on'));
      else return; // held, if it was; asked again soon
    } finally {
      session.checks--;
    }
    if (round === session.round) session.release();
  }

  private async admitAgain({ authorization, principal, target, asked }: LiveSession): Promise<void> {
    const now = await this.authenticator.find(authorization === undefined ? {} : { authorization });
    if (now === undefined) throw unauthorized('the credential of this session holds no longer');
    if (now.user !== principal.user || now.groups.join('\n') !== principal.groups.join('\n'))
      throw forbidden('your groups have changed: connect again');
    const { cluster, identity } = await this.admission.admit(now, asked);
    if (cluster.id !== target.cluster.id) throw forbidden(`"${cluster.name}" is another cluster now: connect again`);
    await this.admission.requireStill({ cluster, identity }, asked);
  }
}

/** One session. */
export class LiveSession {
  readonly openedMs = performance.now();
  checkedMs = this.openedMs;
  /** When it was last certain that it may go on. */
  knownMs = this.openedMs;
  /** Counts checks, so that the answer to an older question is not taken for the one to a newer. */
  round = 0;
  /** Checks under way. */
  checks = 0;
  private stream: LiveStream | undefined;
  private isHeld = false;
  private ended: ApiError | undefined;

  constructor(
    readonly principal: Principal,
    readonly authorization: string | undefined,
    readonly target: AdmittedTarget,
    readonly asked: Asked,
    readonly isInteractive: boolean,
    private readonly onEnd: (why: ApiError) => void,
    /** To be called when it is over, for whatever reason. */
    readonly close: () => void,
  ) {}

  /** Once there is something that can be held and ended. */
  attach(stream: LiveStream): void {
    this.stream = stream;
    if (this.ended !== undefined) stream.end(this.ended);
    else if (this.isHeld) stream.hold?.();
  }

  get usedMs(): number {
    return this.stream?.usedMs ?? this.openedMs;
  }

  hold(): void {
    this.isHeld = true;
    this.stream?.hold?.();
  }

  release(): void {
    if (!this.isHeld || this.ended !== undefined) return;
    this.isHeld = false;
    this.stream?.release?.();
  }

  end(why: ApiError): void {
    if (this.ended !== undefined) return;
    this.ended = why;
    this.close();
    this.onEnd(why);
    this.stream?.end(why);
  }
}

/** A decision, as opposed to a failure to reach one. */
const isRefusal = (failure: unknown): failure is ApiError =>
  failure instanceof ApiError &&
  (failure.code === 401 || failure.code === 403 || failure.code === 404 || failure.details?.causes?.[0]?.reason === CLUSTER_DISABLED);

const tooMany = (what: string) =>
  new ApiError('TooManyRequests', `${what}, which is the limit: end one first`, { retryAfterSeconds: RETRY_SECONDS });
