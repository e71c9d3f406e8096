import { badRequest } from '#errors';

const TARGET = /^[\x21-\x7e]+$/;
/** RFC 9110 §5.5; what is no byte would become another character on the wire. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The text of a list that does not change and goes out with each request is made once. */
const linesOfLists = new WeakMap<readonly string[], string>();

/**
 * The head of a request as it goes out, in latin1. Both lists hold names and values in turn; the names are our own. `authentication` comes
 * last, and must not change after its first use. Throws 400 on a path or value that would not stay on its line.
 */
export function requestHead(
  method: string,
  path: string,
  host: string,
  headers: readonly string[],
  authentication: readonly string[],
  isChunked: boolean,
): string {
  if (!TARGET.test(path)) throw badRequest('the path must be printable ASCII');
  let identity = linesOfLists.get(authentication);
  if (identity === undefined) linesOfLists.set(authentication, (identity = headerLines(authentication)));
  const framing = isChunked ? 'transfer-encoding: chunked\r\n' : '';
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${framing}${headerLines(headers)}${identity}\r\n`;
}

function headerLines(headers: readonly string[]): string {
  let text = '';
  for (let i = 1; i < headers.length; i += 2) {
    const value = headers[i] ?? '';
    if (!VALUE.test(value)) throw badRequest(`the header "${headers[i - 1]}" must be printable`);
    text += `${headers[i - 1]}: ${value}\r\n`;
  }
  return text;
}
