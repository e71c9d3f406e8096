import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { badRequest } from '#errors';
import { parseJson } from '#kubernetes';

export const MAX_DEPTH = 64;
export const MAX_KEYS = 10_000;
export const MAX_VALUES = 100_000;

/**
 * Parses one JSON document strictly: no duplicate key, no `__proto__`, at most 64 levels, 10,000 keys in an
 * object and 100,000 values. Numbers keep every digit.
 * Throws 400 with line and column; the text around a fault is not repeated, because it may be a secret.
 */
export function parseJsonDocument(text: string): unknown {
  checkStructure(text);
  try {
    return parseJson(text);
  } catch {
    throw badRequest('the JSON cannot be read: it is malformed'); // its own message would quote the text
  }
}

function checkStructure(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let values = 0;
  const count = () => {
    if (++values > MAX_VALUES) throw badRequest(`the JSON has more than ${MAX_VALUES} values`);
  };
  const enter = (keys: Set<string> | undefined, line: number, column: number) => {
    count();
    open.push(keys);
    if (open.length > MAX_DEPTH) throw badRequest(`the JSON is nested deeper than ${MAX_DEPTH} levels at ${place(line, column)}`);
  };
  const leave = () => void open.pop();
  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line, column) => enter(new Set(), line, column),
      onObjectEnd: leave,
      onArrayBegin: (_offset, _length, line, column) => enter(undefined, line, column),
      onArrayEnd: leave,
      onObjectProperty: (key, _offset, _length, line, column) => {
        if (key === '__proto__') throw badRequest(`the key "__proto__" is not accepted at ${place(line, column)}`);
        if (open.at(-1)?.has(key))
          throw badRequest(`the key ${JSON.stringify(key)} stands twice in one object, again at ${place(line, column)}`);
        open.at(-1)?.add(key);
        if ((open.at(-1)?.size ?? 0) > MAX_KEYS) throw badRequest(`an object has more than ${MAX_KEYS} keys at ${place(line, column)}`);
      },
      onLiteralValue: count,
      onError: (error, _offset, _length, line, column) => {
        throw badRequest(`the JSON cannot be read: ${describe(error)} at ${place(line, column)}`);
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  );
}

/** `CommaExpected` → `comma expected`. */
const describe = (error: ParseErrorCode): string =>
  printParseErrorCode(error)
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();

const place = (line: number, column: number): string => `line ${line + 1}, column ${column + 1}`;
