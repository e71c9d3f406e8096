import { type ChainedEvent, chainHash } from './audit-chain.js';

/** The first event at which the audit log is not what was recorded. */
export interface ChainFault {
  sequence: number;
  /** What is wrong there, as a sentence without subject: "is missing". */
  what: string;
}

/** A place in the chain and the hash that belongs there. */
export interface ChainPoint {
  sequence: number;
  hash: Buffer;
}

/** The last event that an expired partition took with it, and the last event of all: as the sealed row of the chain has them. */
export interface SealedChain {
  dropped: ChainPoint;
  head: ChainPoint;
}

/** The text that is sealed: what a reader of the database can't write without the key outside of it. */
export const sealedText = ({ dropped, head }: SealedChain): string =>
  [dropped, head].map(({ sequence, hash }) => `${sequence} ${hash.toString('hex')}`).join(' ');

/** Follows the chain event by event, and holds it against heads that were signed or sealed. */
export class ChainCheck {
  private at: ChainPoint;
  private readonly heads: Map<number, Buffer>;

  constructor(
    private readonly chain: SealedChain,
    signedHeads: readonly ChainPoint[],
  ) {
    this.at = chain.dropped;
    this.heads = new Map(signedHeads.map(({ sequence, hash }) => [sequence, hash]));
  }

  /** How many events have held. */
  get checked(): number {
    return this.at.sequence - this.chain.dropped.sequence;
  }

  /** The next event by sequence. */
  next(event: ChainedEvent): ChainFault | undefined {
    const expected = this.at.sequence + 1;
    if (event.sequence < expected) return { sequence: event.sequence, what: 'was inserted' };
    if (event.sequence > expected) return { sequence: expected, what: 'is missing' };
    if (expected > this.chain.head.sequence) return { sequence: expected, what: 'was inserted behind the end of the chain' };
    const hash = chainHash(this.at.hash, event);
    if (!hash.equals(event.hash)) return { sequence: expected, what: 'is not what was recorded, or not in its place' };
    if (this.heads.get(expected)?.equals(hash) === false)
      return { sequence: expected, what: 'is not the one of which the head was signed: it, or one before it, was rewritten' };
    this.at = { sequence: expected, hash };
    return undefined;
  }

  /** There are no more events. */
  end(): ChainFault | undefined {
    const last = Math.max(this.chain.head.sequence, ...this.heads.keys());
    if (this.at.sequence < last) return { sequence: this.at.sequence + 1, what: `is missing, with all up to ${last}` };
    if (!this.at.hash.equals(this.chain.head.hash))
      return { sequence: this.at.sequence, what: 'is not the one at which the sealed chain ends' };
    return undefined;
  }
}
