import { badRequest } from '#errors';

type FieldOperator = '=' | '!=' | '<' | '>' | 'in' | 'notin';

/** A field of an object and what it is compared with. */
export interface FieldTerm {
  path: string[];
  operator: FieldOperator;
  values: string[];
}

const MAX_BYTES = 4096;
const MAX_TERMS = 64;
const MAX_DEPTH = 16;
const BLANK = /\s*/y;
const KEY = /[A-Za-z0-9_$-]+/y;
const QUOTED_KEY = /\[([^\]]{1,317})\]/y;
const WORD = /[a-z]+/y;
/** Ends at a comma; `\` takes its meaning from a comma, an equals sign, brackets and itself, as in Kubernetes. */
const VALUE = /(?:\\[\\,=()]|[^\\,])*/y;
const ITEM = /(?:\\[\\,=()]|[^\\,()])*/y;

/**
 * Reads a field selector in Kubernetes' grammar (`path=value`, `path==value`, `path!=value`, joined by commas), and beyond it: `path<value`,
 * `path>value`, `path in (a,b)`, `path notin (a,b)`. A path is any field, as in `spec.nodeName`; a key that has dots stands in brackets, as in
 * `metadata.annotations[example.org/owner]`. At most 4 KiB and 64 terms and values. Throws 400 that names the place.
 */
export function readFieldTerms(text: string | undefined): FieldTerm[] {
  return text === undefined || text.trim() === '' ? [] : new FieldTermsReader(text).readAll();
}

/** Reads a path alone: `metadata.labels[app.kubernetes.io/name]`. Throws 400 that names the parameter. */
export const readFieldPath = (text: string, parameter: string): string[] => new FieldTermsReader(text, parameter).readPathAlone();

class FieldTermsReader {
  private at = 0;
  private count = 0;

  constructor(
    private readonly text: string,
    private readonly parameter = 'fieldSelector',
  ) {
    if (Buffer.byteLength(text) > MAX_BYTES) throw badRequest(`${parameter}: must have at most ${MAX_BYTES} bytes`);
  }

  readAll(): FieldTerm[] {
    const terms: FieldTerm[] = [];
    do terms.push(this.readTerm());
    while (this.take(','));
    if (this.at < this.text.length) throw this.fault('a comma or the end');
    return terms;
  }

  readPathAlone(): string[] {
    const path = this.readPath();
    if (this.at < this.text.length) throw this.fault('the end of the path');
    return path;
  }

  private readTerm(): FieldTerm {
    const path = this.readPath();
    for (const [token, operator] of OPERATORS) if (this.take(token)) return { path, operator, values: [this.readValue(VALUE)] };
    const word = this.match(WORD)?.[0];
    if (word !== 'in' && word !== 'notin') throw this.fault('one of = == != < > in notin');
    return { path, operator: word, values: this.readSet() };
  }

  private readPath(): string[] {
    this.skipBlanks();
    const path: string[] = [];
    this.take('.');
    do {
      path.push(this.readKey());
      for (let quoted = this.match(QUOTED_KEY); quoted !== undefined; quoted = this.match(QUOTED_KEY)) path.push(quoted[1] ?? '');
    } while (this.text[this.at] === '.' && this.take('.'));
    if (path.length > MAX_DEPTH) throw badRequest(`${this.parameter}: a path may have at most ${MAX_DEPTH} keys`);
    return path;
  }

  private readKey(): string {
    const key = this.match(KEY)?.[0];
    if (key === undefined) throw this.fault('the name of a field');
    return key;
  }

  private readSet(): string[] {
    if (!this.take('(')) throw this.fault('"("');
    const values: string[] = [];
    do values.push(this.readValue(ITEM));
    while (this.take(','));
    if (!this.take(')')) throw this.fault('")"');
    return values;
  }

  private readValue(pattern: RegExp): string {
    if (++this.count > MAX_TERMS) throw badRequest(`${this.parameter}: must have at most ${MAX_TERMS} terms and values`);
    return (this.match(pattern)?.[0] ?? '').trimEnd().replace(/\\(.)/g, '$1');
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }

  private take(token: string): boolean {
    this.skipBlanks();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    this.skipBlanks();
    return true;
  }

  private skipBlanks(): void {
    this.match(BLANK);
  }

  private fault(expected: string): Error {
    return badRequest(`${this.parameter}: expected ${expected} at character ${this.at + 1}`);
  }
}

const OPERATORS: readonly (readonly [string, FieldOperator])[] = [
  ['==', '='],
  ['=', '='],
  ['!=', '!='],
  ['<', '<'],
  ['>', '>'],
];
