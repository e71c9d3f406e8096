import { CST, Lexer } from 'yaml';
import { badRequest } from '#errors';
import { MAX_DEPTH, MAX_KEYS, MAX_VALUES } from './json-document.js';

/** A collection that is open at some place of the text: in a block at its indentation, or between brackets. */
interface Open {
  kind: 'mapping' | 'sequence' | '{' | '[';
  column: number;
  keys: number;
}

const LIMITS = { levels: MAX_DEPTH, keys: MAX_KEYS, values: MAX_VALUES };
type Limits = typeof LIMITS;

/**
 * Refuses with 400 a YAML text of more than 64 levels, 10,000 keys in a mapping or 100,000 values (aliases count once). Looks at the lexer's
 * tokens alone, which cost a quarter of what the parser needs for them, and at no more of them than it takes to refuse.
 */
export function refuseTooMuch(text: string, limits: Limits = LIMITS): void {
  const outline = new Outline(limits);
  for (const token of new Lexer().lex(text)) outline.add(token);
}

class Outline {
  private readonly open: Open[] = [];
  private values = 0;
  private offset = 0;
  private lineStart = 0;
  private line = 1;
  /** Where the first thing of the line stands, or the first behind its last `-` or `?`. */
  private first: number | undefined;
  private isScalar = false;

  constructor(private readonly limits: Limits) {}

  add(token: string): void {
    if (token === CST.SCALAR) {
      if (++this.values > this.limits.values) this.refuse(`it has more than ${this.limits.values} values`);
      this.isScalar = true;
      return;
    }
    if (token === CST.DOCUMENT || token === CST.FLOW_END) return this.close((open) => token === CST.DOCUMENT || isBracket(open));
    const column = this.offset - this.lineStart;
    if (token.trim() !== '') this.first ??= column;
    if (this.isScalar) this.isScalar = false;
    else this.structure(token, column);
    this.offset += token.length;
    const newline = token.lastIndexOf('\n');
    if (newline < 0) return;
    this.lineStart = this.offset - token.length + newline + 1;
    this.line += token.split('\n').length - 1;
    this.first = undefined;
  }

  private structure(token: string, column: number): void {
    switch (token) {
      case '[':
      case '{':
        return this.push(token, column);
      case ']':
      case '}':
        this.open.pop();
        return;
      case '-':
        if (!this.isInBrackets) this.item(column);
        return;
      case '?':
        this.first = undefined;
        return;
      case ':':
        this.key(this.first ?? column);
        if (this.first === column) this.first = undefined; // the value of a `?`: what follows may be a mapping of its own
        return;
      case '---':
      case '...':
        this.close(() => true);
        this.first = undefined;
    }
  }

  private get isInBrackets(): boolean {
    return isBracket(this.open.at(-1));
  }

  private item(column: number): void {
    this.close((open) => open.column > column);
    if (this.open.at(-1)?.kind !== 'sequence' || this.open.at(-1)?.column !== column) this.push('sequence', column);
    this.first = undefined;
  }

  private key(column: number): void {
    if (!this.isInBrackets) {
      // The items of a sequence may stand as far to the left as the keys of the mapping that it is in.
      this.close((open) => open.column > column || (open.kind === 'sequence' && open.column === column));
      if (this.open.at(-1)?.column !== column) this.push('mapping', column);
    }
    const mapping = this.open.at(-1);
    if (mapping !== undefined && mapping.kind !== '[' && ++mapping.keys > this.limits.keys)
      this.refuse(`a mapping has more than ${this.limits.keys} keys`);
  }

  private push(kind: Open['kind'], column: number): void {
    const { levels } = this.limits;
    if (this.open.length === levels) this.refuse(`it is nested deeper than ${levels} levels`);
    this.open.push({ kind, column, keys: 0 });
  }

  private refuse(why: string): never {
    throw badRequest(`the YAML cannot be read: ${why} at line ${this.line}, column ${this.offset - this.lineStart + 1}`);
  }

  private close(isOver: (open: Open) => boolean): void {
    for (let last = this.open.at(-1); last !== undefined && isOver(last); last = this.open.at(-1)) this.open.pop();
  }
}

function isBracket(open: Open | undefined): boolean {
  return open?.kind === '{' || open?.kind === '[';
}
