import { isLabelValue, isQualifiedName } from './label-syntax.js';
import { SelectorScanner } from './selector-scanner.js';

type Labels = Readonly<Record<string, string>>;

/** One term: all of a selector's terms must hold. `values` has one for each operator but `in` and `notin`, and none for `exists` and `!`. */
export interface LabelRequirement {
  key: string;
  operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';
  values: readonly string[];
}

const WORD = /[^\s,()=!<>]+/y;
const INTEGER = /^[+-]?\d{1,18}$/;

/**
 * Reads a label selector in Kubernetes' grammar (`a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by
 * commas). One pass over at most 4 KiB, at most 64 terms and values. Throws 400 that quotes the place.
 */
export function readLabelSelector(text: string | undefined): LabelRequirement[] {
  return text === undefined || text.trim() === '' ? [] : new SelectorReader(new SelectorScanner(text, 'labelSelector')).readAll();
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
  constructor(private readonly scanner: SelectorScanner) {}

  readAll(): LabelRequirement[] {
    const requirements = this.scanner.list(() => this.readTerm());
    this.scanner.end('a comma or the end');
    return requirements;
  }

  private readTerm(): LabelRequirement {
    const { scanner } = this;
    if (scanner.take('!')) return { key: this.readKey(), operator: '!', values: [] };
    const key = this.readKey();
    if (scanner.take('==') || scanner.take('=')) return { key, operator: '=', values: [this.readValue()] };
    if (scanner.take('!=')) return { key, operator: '!=', values: [this.readValue()] };
    for (const operator of ['>', '<'] as const) if (scanner.take(operator)) return { key, operator, values: [this.readInteger()] };
    const word = this.readWord();
    if (word === '') return { key, operator: 'exists', values: [] };
    if (word !== 'in' && word !== 'notin') throw scanner.fault('an operator');
    return { key, operator: word, values: scanner.set(() => this.readItem()) };
  }

  private readKey(): string {
    this.scanner.countTerm();
    const key = this.readWord();
    if (!isQualifiedName(key)) throw this.scanner.fault('the name of a label');
    return key;
  }

  private readItem(): string {
    this.scanner.countTerm();
    return this.readValue();
  }

  private readValue(): string {
    const value = this.readWord();
    if (!isLabelValue(value)) throw this.scanner.fault('the value of a label');
    return value;
  }

  private readInteger(): string {
    const value = this.readWord();
    if (!INTEGER.test(value)) throw this.scanner.fault('a whole number');
    return value;
  }

  private readWord(): string {
    this.scanner.skipBlanks();
    return this.scanner.match(WORD)?.[0] ?? '';
  }
}
