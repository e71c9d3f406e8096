import { type Answer, StatusError } from './recording-api-server-answer.js';
import type { Upgrade } from './recording-api-server-backend.js';
import { FaultHooks, type FinalFault } from './recording-api-server-hooks.js';
import type { RecordedRequest } from './recording-api-server-record.js';

export type Callback = (request: RecordedRequest) => unknown;

/** What happens to a request: a fault, or its answer, whole or cut. */
type Outcome<Result> = { fault: FinalFault } | { result: Result; truncateAt: number | undefined };

/** The way of every request, upgrades included: callbacks, hooks, authentication, effect, hooks, callbacks. */
export class Exchange {
  readonly hooks = new FaultHooks();
  beforeEach: Callback | undefined;
  afterEach: Callback | undefined;

  /** `tokens`: those that are let in. */
  constructor(private readonly tokens: ReadonlySet<string>) {}

  /** `act` has the effect of the request; a StatusError of it is its answer. */
  async run<Result extends Answer | Upgrade>(request: RecordedRequest, act: () => Promise<Result>): Promise<Outcome<Result | Answer>> {
    await this.beforeEach?.(request);
    const before = await this.hooks.run('before', request);
    if (before.fault !== undefined) return { fault: before.fault };
    const result = await this.authenticated(request, act);
    const after = await this.hooks.run('after', request);
    await this.afterEach?.(request);
    if (after.fault === undefined) return { result, truncateAt: after.truncateAt ?? before.truncateAt };
    discard(result);
    return { fault: after.fault };
  }

  private async authenticated<Result>(request: RecordedRequest, act: () => Promise<Result>): Promise<Result | Answer> {
    try {
      if (!this.isAuthenticated(request)) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
      return await act();
    } catch (error) {
      if (error instanceof StatusError) return error.toAnswer();
      throw error;
    }
  }

  private isAuthenticated(request: RecordedRequest): boolean {
    if (/^\/(readyz|livez|healthz|version)$/.test(request.path)) return true;
    if (request.tls.clientCommonName !== undefined) return true;
    const [authorization, ...others] = request.header('authorization');
    return others.length === 0 && authorization?.startsWith('Bearer ') === true && this.tokens.has(authorization.slice('Bearer '.length));
  }
}

function discard(result: Answer | Upgrade): void {
  if ('abandon' in result) result.abandon();
  else if (!Buffer.isBuffer(result.body)) result.body.destroy();
}
