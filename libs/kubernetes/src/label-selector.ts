import { badRequest } from '#errors';
import { isLabelValue, isQualifiedName } from './label-syntax.js';

type Labels = Readonly<Record<string, string>>;

/** One term: all of a selector's terms must hold. `values` has one for each operator but `in` and `notin`, and none for `exists` and `!`. */
export interface LabelRequirement {
  key: string;
  operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';
  values: readonly string[];
}

const MAX_LENGTH = 4096;
/** Terms and the values in their sets, together. */
const MAX_TERMS = 64;
const WORD = /[^\s,()=!<>]+/y;
const BLANK = /\s*/y;
const INTEGER = /^[+-]?\d{1,18}$/;

/**
 * Reads a label selector in Kubernetes' grammar (`a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by
 * commas). One pass over at most 4 KiB, at most 64 terms and values. Throws 400 that quotes the place.
 */
export function readLabelSelector(text: string | undefined): LabelRequirement[] {
  return text === undefined || text.trim() === '' ? [] : new SelectorReader(text, 'labelSelector').readAll();
}

/** The filter of a label selector. Throws as `readLabelSelector` does. */
export function parseLabelSelector(text: string | undefined): (labels: Labels) => boolean {
  const requirements = readLabelSelector(text);
  return (labels) => requirements.every((requirement) => holds(requirement, labels));
}

function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '>':
    case '<': {
      if (value === undefined || !INTEGER.test(value)) return false;
      const [label, bound] = [BigInt(value), BigInt(values[0] ?? '')];
      return operator === '>' ? label > bound : label < bound;
    }
  }
}

class SelectorReader {
  private at = 0;
  private terms = 0;

  constructor(
    private readonly text: string,
    private readonly parameter: string,
  ) {
    if (Buffer.byteLength(text) > MAX_LENGTH) throw badRequest(`${parameter}: must have at most ${MAX_LENGTH} bytes`);
  }

  readAll(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    do requirements.push(this.readTerm());
    while (this.take(','));
    if (this.at < this.text.length) throw this.fault('a comma or the end');
    return requirements;
  }

  private readTerm(): LabelRequirement {
    if (this.take('!')) return { key: this.readKey(), operator: '!', values: [] };
    const key = this.readKey();
    if (this.take('==') || this.take('=')) return { key, operator: '=', values: [this.readValue()] };
    if (this.take('!=')) return { key, operator: '!=', values: [this.readValue()] };
    for (const operator of ['>', '<'] as const) if (this.take(operator)) return { key, operator, values: [this.readInteger()] };
    const word = this.readWord();
    if (word === '') return { key, operator: 'exists', values: [] };
    if (word !== 'in' && word !== 'notin') throw this.fault('an operator');
    return { key, operator: word, values: this.readSet() };
  }

  private readKey(): string {
    this.count();
    const key = this.readWord();
    if (!isQualifiedName(key)) throw this.fault('the name of a label');
    return key;
  }

  private readValue(): string {
    const value = this.readWord();
    if (!isLabelValue(value)) throw this.fault('the value of a label');
    return value;
  }

  private readInteger(): string {
    const value = this.readWord();
    if (!INTEGER.test(value)) throw this.fault('a whole number');
    return value;
  }

  private readSet(): string[] {
    if (!this.take('(')) throw this.fault('"("');
    const values: string[] = [];
    do {
      this.count();
      values.push(this.readValue());
    } while (this.take(','));
    if (!this.take(')')) throw this.fault('")"');
    return values;
  }

  private readWord(): string {
    this.skipBlanks();
    WORD.lastIndex = this.at;
    const word = WORD.exec(this.text)?.[0] ?? '';
    this.at += word.length;
    return word;
  }

  private take(token: string): boolean {
    this.skipBlanks();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    this.skipBlanks();
    return true;
  }

  private skipBlanks(): void {
    BLANK.lastIndex = this.at;
    this.at += BLANK.exec(this.text)?.[0].length ?? 0;
  }

  private count(): void {
    if (++this.terms > MAX_TERMS) throw badRequest(`${this.parameter}: must have at most ${MAX_TERMS} terms and values`);
  }

  private fault(expected: string): Error {
    return badRequest(`${this.parameter}: expected ${expected} before or at character ${this.at + 1}`);
  }
}
