import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';

const PODS = '/kubernetes/rec/api/v1/namespaces/default/pods';
/** Only a request that was hidden in another one asks for this. */
const HIDDEN = '/kubernetes/rec/api/v1/namespaces/hidden/secrets';

let archon: Archon;
let cluster: RecordingApiServer;
beforeAll(async () => {
  archon = await Archon.start();
  cluster = await startRecordedCluster(archon, 'rec');
});
afterAll(async () => {
  await archon?.dispose();
  await cluster?.close();
});

const hidden = () => `GET ${HIDDEN} HTTP/1.1\r\nHost: archon.example\r\nAuthorization: Bearer ${archon.token}\r\n\r\n`;

/** Lines that one parser takes for the end of a body and another one doesn't. Each must be refused, or be read in the one right way. */
const FRAMINGS: Record<string, string[]> = {
  'chunked and a length': ['Transfer-Encoding: chunked', 'Content-Length: 7'],
  'a length and chunked': ['Content-Length: 7', 'Transfer-Encoding: chunked'],
  'two lengths': ['Content-Length: 7', 'Content-Length: 8'],
  'the same length twice': ['Content-Length: 7', 'Content-Length: 7'],
  'lengths in a list': ['Content-Length: 7, 7'],
  'a length with a sign': ['Content-Length: +7'],
  'a length in hex': ['Content-Length: 0x7'],
  'a length with a blank in it': ['Content-Length: 7 0'],
  'a length of 2^64+7': ['Content-Length: 18446744073709551623'],
  'a blank before the colon of the length': ['Content-Length : 7'],
  'a blank before the colon of the coding': ['Transfer-Encoding : chunked'],
  'a tab before the coding': ['Transfer-Encoding:\tchunked', 'Content-Length: 7'],
  'a vertical tab before the coding': ['Transfer-Encoding:\x0bchunked', 'Content-Length: 7'],
  'a coding in capitals': ['Transfer-Encoding: CHUNKED', 'Content-Length: 7'],
  'a coding in quotes': ['Transfer-Encoding: "chunked"', 'Content-Length: 7'],
  'an unknown coding': ['Transfer-Encoding: xchunked', 'Content-Length: 7'],
  'identity and a length': ['Transfer-Encoding: identity', 'Content-Length: 7'],
  'chunked, then identity': ['Transfer-Encoding: chunked, identity'],
  'chunked on two lines': ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  'chunked, then an unknown coding on a second line': ['Transfer-Encoding: chunked', 'Transfer-Encoding: x'],
  'an empty coding': ['Transfer-Encoding:', 'Content-Length: 7'],
  'a folded coding': ['Transfer-Encoding:', ' chunked', 'Content-Length: 7'],
  'a coding behind a lone CR': ['X-Odd: a\rTransfer-Encoding: chunked', 'Content-Length: 7'],
  'a coding behind a lone LF': ['X-Odd: a\nTransfer-Encoding: chunked', 'Content-Length: 7'],
  'a coding behind a NUL': ['X-Odd: a\0', 'Transfer-Encoding: chunked', 'Content-Length: 7'],
  'a name with an underscore': ['Transfer_Encoding: chunked', 'Content-Length: 7'],
  'a length behind 150 headers': [...Array.from({ length: 150 }, (_, i) => `X-${i}: a`), 'Content-Length: 7'],
  'a length with the Connection header that takes it away': ['Connection: Content-Length', 'Content-Length: 7'],
  'a coding with the Connection header that takes it away': ['Connection: Transfer-Encoding', 'Transfer-Encoding: chunked'],
  'an expectation': ['Expect: 200-ok', 'Content-Length: 7'],
};

/** Bodies that end early for whoever reads the other framing. */
const BODIES: Record<string, () => string> = {
  'an end of chunks, then a request': () => `0\r\n\r\n${hidden()}`,
  'seven bytes, then a request': () => `xxxxxxx${hidden()}`,
  'a chunk with an extension, then a request': () => `7;a="\n"\r\nxxxxxxx\r\n0\r\n\r\n${hidden()}`,
  'a chunk size that overflows, then a request': () => `ffffffffffffffff7\r\nxxxxxxx\r\n0\r\n\r\n${hidden()}`,
  'a trailer that is a header, then a request': () => `0\r\nContent-Length: 0\r\nAuthorization: Bearer x\r\n\r\n${hidden()}`,
};

/** Framings with one meaning, and the bodies that fit it: what follows them is a second request of its own, and is answered as such. */
const UNAMBIGUOUS: Record<string, string[]> = {
  'a name with an underscore': ['seven bytes, then a request'],
  'a length with the Connection header that takes it away': ['seven bytes, then a request'],
  'a coding with the Connection header that takes it away': [
    'an end of chunks, then a request',
    'a trailer that is a header, then a request',
  ],
  'an expectation': ['seven bytes, then a request'],
};

const REQUEST_LINES = [`POST ${PODS}`, 'POST /auth/v1/accesstoken'];

const corpus = REQUEST_LINES.flatMap((line) =>
  Object.entries(FRAMINGS).flatMap(([framing, headers]) =>
    Object.entries(BODIES).map(([body, text]) => ({ line, framing, headers, body, text })),
  ),
);

/** The codes of the answers on a connection. */
async function answersTo(text: string): Promise<number[]> {
  const answer = await archon.client.as(undefined).raw(text, { until: /^HTTP\/1\.1 [45]\d\d [^]*\{[^]*\}/, timeoutMs: 5000 });
  return [...answer.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));
}

it('S-3 T12 CVE-2026-58044 CVE-2024-27982 CVE-2025-23167: no request is hidden in another', { timeout: 120_000 }, async () => {
  expect(corpus.length).toBe(300);
  const failures: string[] = [];
  const before = cluster.requests.length;
  for (const { line, framing, headers, body, text } of corpus) {
    // The outer request has no credential: whatever reaches the cluster was hidden in it.
    const head = [`${line} HTTP/1.1`, 'Host: archon.example', 'Content-Type: application/json', ...headers].join('\r\n');
    const codes = await answersTo(`${head}\r\n\r\n${text()}`).catch((error: unknown) => [String(error)]);
    const isRefused = codes.length > 0 && codes.every((code) => typeof code === 'number' && code >= 400 && code < 500);
    if (!isRefused && !UNAMBIGUOUS[framing]?.includes(body)) failures.push(`${line}, ${framing}, ${body}: ${codes.join()}`);
  }
  const served = cluster.requests.length - before;
  const meant = REQUEST_LINES.length * Object.values(UNAMBIGUOUS).flat().length;
  expect([failures, served > meant]).toEqual([[], false]);
  accept({
    row: 'S-3',
    what: 'smuggling corpus over raw sockets',
    volume: `${corpus.length} requests`,
    result: '0 hidden requests served',
  });
});
