import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Body } from './recording-api-server-answer.js';
import type { RecordedRequest } from './recording-api-server-record.js';

/** A fault after which nothing else happens to the request. */
export type FinalFault =
  /** Answers this instead. */
  | { action: 'answer'; status: number; body?: Body; headers?: Record<string, string> }
  /** 302 unless `status` says otherwise. */
  | { action: 'redirect'; location: string; status?: number }
  /** Never answers; the connection stays open. */
  | { action: 'hang' }
  /** RST on the connection. */
  | { action: 'reset' }
  /** Sends these bytes where an HTTP answer should be, then FIN. */
  | { action: 'garbage'; bytes: string | Buffer }
  /** Hands the decrypted connection over, for whatever else a hostile server may do. */
  | { action: 'takeOver'; run: (socket: Duplex) => void };

type Fault =
  | FinalFault
  | { action: 'delay'; ms: number }
  /** Lets the answer happen but ends the connection after so many bytes of its body; a request for an upgrade is reset instead. */
  | { action: 'truncate'; bytes: number };

/** All conditions that are given must hold. A string path must be equal, a pattern must match; both without the query. */
export type RequestMatcher = { method?: string; path?: string | RegExp } | ((request: RecordedRequest) => boolean);

/** A fault, or a function that may wait and then give one, or nothing to let the request go on. */
export type Hook = Fault | ((request: RecordedRequest) => Fault | undefined | Promise<Fault | undefined>);

export interface HookOptions {
  /** How many requests it applies to; all when absent. */
  times?: number;
  /** `before` (the usual): the request has no effect yet. `after`: it has taken effect, and its answer isn't sent yet. */
  when?: 'before' | 'after';
}

export class RegisteredHook {
  hits = 0;

  constructor(
    readonly when: 'before' | 'after',
    private readonly matcher: RequestMatcher,
    readonly hook: Hook,
    private left: number,
    readonly remove: () => void,
  ) {}

  /** Counts the request when it matches and the hook's times aren't used up. */
  claim(request: RecordedRequest): boolean {
    if (this.left <= 0 || !matches(this.matcher, request)) return false;
    this.left--;
    this.hits++;
    return true;
  }
}

export interface HookOutcome {
  fault?: FinalFault;
  truncateAt?: number;
}

/** The hooks of a server, in the order of their registration. */
export class FaultHooks {
  private hooks: RegisteredHook[] = [];

  add(matcher: RequestMatcher, hook: Hook, { times = Infinity, when = 'before' }: HookOptions): RegisteredHook {
    const registered: RegisteredHook = new RegisteredHook(when, matcher, hook, times, () => {
      this.hooks = this.hooks.filter((each) => each !== registered);
    });
    this.hooks.push(registered);
    return registered;
  }

  /** Runs every matching hook one after the other, up to the first final fault. */
  async run(when: 'before' | 'after', request: RecordedRequest): Promise<HookOutcome> {
    let truncateAt: number | undefined;
    for (const registered of this.hooks) {
      if (registered.when !== when || !registered.claim(request)) continue;
      const fault = typeof registered.hook === 'function' ? await registered.hook(request) : registered.hook;
      if (fault === undefined) continue;
      if (fault.action === 'delay') await sleep(fault.ms, undefined, { ref: false });
      else if (fault.action === 'truncate') truncateAt = fault.bytes;
      else return { fault };
    }
    return truncateAt === undefined ? {} : { truncateAt };
  }
}

function matches(matcher: RequestMatcher, request: RecordedRequest): boolean {
  if (typeof matcher === 'function') return matcher(request);
  const { method, path } = matcher;
  if (method !== undefined && method !== request.method) return false;
  return path === undefined || (typeof path === 'string' ? path === request.path : path.test(request.path));
}
