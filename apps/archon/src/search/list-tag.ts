import { createHash } from 'node:crypto';
import { namedTags } from '../http/entity-tag.js';

/**
 * The entity tag of a list has two parts: what the list is drawn from, which tells without a look that nothing can have changed, and what it
 * shows, which is the same when only other objects of its clusters have changed. A list is the caller's as long as one of them is.
 */
export class ListTag {
  private readonly held: string[];

  constructor(
    ifNoneMatch: string | undefined,
    private readonly source: string,
  ) {
    this.held = namedTags(ifNoneMatch);
  }

  /** The tag of the list that the caller has, if nothing it is drawn from has changed. */
  unchanged(): string | undefined {
    return this.held.find((tag) => tag.startsWith(`"${this.source}.`));
  }

  /** The tag of a list that shows this, and whether the caller has one that does. */
  of(shown: string): { entityTag: string; isHeld: boolean } {
    return { entityTag: `"${this.source}.${shown}"`, isHeld: this.held.some((tag) => tag === '*' || tag.endsWith(`.${shown}"`)) };
  }
}

/** Of anything that can be written as JSON. */
export const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
