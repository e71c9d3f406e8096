import { badRequest } from '#errors';
import { SelectorScanner } from '#kubernetes';

type FieldOperator = '=' | '!=' | '<' | '>' | 'in' | 'notin';

/** A field of an object and what it is compared with. */
export interface FieldTerm {
  path: string[];
  operator: FieldOperator;
  values: string[];
}

const MAX_DEPTH = 16;
const DOT = /\./y;
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
  return text === undefined || text.trim() === '' ? [] : readerOf(text, 'fieldSelector').readAll();
}

/** Reads a path alone: `metadata.labels[app.kubernetes.io/name]`. Throws 400 that names the parameter. */
export const readFieldPath = (text: string, parameter: string): string[] => readerOf(text, parameter).readPathAlone();

const readerOf = (text: string, parameter: string) => new FieldTermsReader(new SelectorScanner(text, parameter), parameter);

class FieldTermsReader {
  constructor(
    private readonly scanner: SelectorScanner,
    private readonly parameter: string,
  ) {}

  readAll(): FieldTerm[] {
    const terms = this.scanner.list(() => this.readTerm());
    this.scanner.end('a comma or the end');
    return terms;
  }

  readPathAlone(): string[] {
    const path = this.readPath();
    this.scanner.end('the end of the path');
    return path;
  }

  private readTerm(): FieldTerm {
    const { scanner } = this;
    const path = this.readPath();
    for (const [token, operator] of OPERATORS) if (scanner.take(token)) return { path, operator, values: [this.readValue(VALUE)] };
    const word = scanner.match(WORD)?.[0];
    if (word !== 'in' && word !== 'notin') throw scanner.fault('one of = == != < > in notin');
    return { path, operator: word, values: scanner.set(() => this.readValue(ITEM)) };
  }

  private readPath(): string[] {
    const { scanner } = this;
    scanner.skipBlanks();
    const path: string[] = [];
    scanner.match(DOT);
    do {
      path.push(this.readKey());
      for (let quoted = scanner.match(QUOTED_KEY); quoted !== undefined; quoted = scanner.match(QUOTED_KEY)) path.push(quoted[1] ?? '');
    } while (scanner.match(DOT) !== undefined);
    if (path.length > MAX_DEPTH) throw badRequest(`${this.parameter}: a path may have at most ${MAX_DEPTH} keys`);
    return path;
  }

  private readKey(): string {
    const key = this.scanner.match(KEY)?.[0];
    if (key === undefined) throw this.scanner.fault('the name of a field');
    return key;
  }

  private readValue(pattern: RegExp): string {
    this.scanner.countTerm();
    return (this.scanner.match(pattern)?.[0] ?? '').trimEnd().replace(/\\(.)/g, '$1');
  }
}

const OPERATORS: readonly (readonly [string, FieldOperator])[] = [
  ['==', '='],
  ['=', '='],
  ['!=', '!='],
  ['<', '<'],
  ['>', '>'],
];
