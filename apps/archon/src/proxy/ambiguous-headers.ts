import { badRequest } from '#errors';

/** By which some servers take a request for another method than it has. */
const METHOD_OVERRIDES = new Set(['x-http-method-override', 'x-http-method', 'x-method-override']);

/** Throws 400 on headers (names and values in turn) by which a server could be led to see another host or another method than the next. */
export function refuseAmbiguousHeaders(rawHeaders: readonly string[]): void {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== 4 && name.charCodeAt(0) !== 0x58 && name.charCodeAt(0) !== 0x78) continue; // neither Host nor X-…
    const lower = name.toLowerCase();
    if (lower === 'host' && ++hosts > 1) throw badRequest('the header "host" is there twice');
    if (METHOD_OVERRIDES.has(lower)) throw badRequest(`the header "${lower}" is not accepted: use the method itself`);
  }
}
