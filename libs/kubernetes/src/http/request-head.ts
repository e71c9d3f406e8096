import { badRequest } from '#errors';

const TARGET = /^[\x21-\x7e]+$/;
/** RFC 9110 §5.5; what is no byte would become another character on the wire. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The head of a request as it goes out, in latin1. `headers` holds names and values in turn; the names are our own. Throws 400 on a path or
 * value that would not stay on its line.
 */
export function requestHead(method: string, path: string, host: string, headers: readonly string[], isChunked: boolean): string {
  if (!TARGET.test(path)) throw badRequest('the path must be printable ASCII');
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (let i = 1; i < headers.length; i += 2) {
    const value = headers[i] ?? '';
    if (!VALUE.test(value)) throw badRequest(`the header "${headers[i - 1]}" must be printable`);
    text += `${headers[i - 1]}: ${value}\r\n`;
  }
  return isChunked ? `${text}transfer-encoding: chunked\r\n\r\n` : `${text}\r\n`;
}
