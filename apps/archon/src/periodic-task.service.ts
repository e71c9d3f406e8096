import type { Logger } from '#log';

/** Work that is done again and again in the background, one round at a time. A round that fails is told and left to the next one. */
export class PeriodicTask {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(private readonly options: { everyMs: number; work: () => Promise<void>; logger: Logger; failure: string }) {}

  start(): void {
    this.timer = setInterval(() => this.run(), this.options.everyMs).unref();
  }

  /** Begins a round now; it waits for the one before. */
  run(): void {
    const { work, logger, failure } = this.options;
    this.round = this.round.then(work).catch((error: unknown) => logger.warn({ err: error }, failure));
  }

  /** No further round; the one that is under way is waited for. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }
}
