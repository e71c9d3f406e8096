import { badRequest } from '#errors';

const MAX_BYTES = 4096;
const MAX_TERMS = 64;
const BLANK = /\s*/y;

/** Goes through the text of a selector once, from left to right: at most 4 KiB, at most 64 terms and values. What it refuses is a 400 that names the parameter and the place. */
export class SelectorScanner {
  private at = 0;
  /** Where what was read last begins. */
  private begin = 0;
  private terms = 0;

  constructor(
    private readonly text: string,
    private readonly parameter: string,
  ) {
    if (Buffer.byteLength(text) > MAX_BYTES) throw badRequest(`${parameter}: must have at most ${MAX_BYTES} bytes`);
  }

  /** Whether this stood there, with blanks around it or without. */
  take(token: string): boolean {
    this.skipBlanks();
    this.begin = this.at;
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    this.skipBlanks();
    return true;
  }

  /** What a sticky pattern finds just here. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    this.begin = this.at;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }

  skipBlanks(): void {
    BLANK.lastIndex = this.at;
    this.at += BLANK.exec(this.text)?.[0].length ?? 0;
  }

  /** Items with commas between them. */
  list<Item>(read: () => Item): Item[] {
    const items: Item[] = [];
    do items.push(read());
    while (this.take(','));
    return items;
  }

  /** The same in parentheses. */
  set<Item>(read: () => Item): Item[] {
    if (!this.take('(')) throw this.fault('"("');
    const items = this.list(read);
    if (!this.take(')')) throw this.fault('")"');
    return items;
  }

  countTerm(): void {
    if (++this.terms > MAX_TERMS) throw badRequest(`${this.parameter}: must have at most ${MAX_TERMS} terms and values`);
  }

  /** Throws when more follows. */
  end(expected: string): void {
    this.begin = this.at;
    if (this.at < this.text.length) throw this.fault(expected);
  }

  fault(expected: string): Error {
    return badRequest(`${this.parameter}: expected ${expected} at character ${this.begin + 1}`);
  }
}
