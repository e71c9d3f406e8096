/** So many at a time; the others wait in the order in which they came. */
export class Slots {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  /** Resolves when there is a slot, with what gives it back (once). Rejects when the signal aborts before. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.turn(signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    };
  }

  private turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const gaveUp = () => {
      this.waiting.splice(this.waiting.indexOf(come), 1);
      reject(signal.reason as Error);
    };
    const come = () => {
      signal.removeEventListener('abort', gaveUp);
      resolve();
    };
    this.waiting.push(come);
    signal.addEventListener('abort', gaveUp, { once: true });
    return promise;
  }
}
