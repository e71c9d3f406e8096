import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseHead } from './response-head.js';
import { ResponseReader } from './response-reader.js';

interface Seen {
  head: ResponseHead | undefined;
  content: string;
  behind: string | undefined;
  endIsEnd: boolean;
}

/** Reads `text`, cut into parts of these lengths again and again, out of one buffer that is used again for each part. */
function read(text: string, { method = 'GET', cuts = [text.length] }: { method?: string; cuts?: readonly number[] } = {}): Seen {
  const seen: Seen = { head: undefined, content: '', behind: undefined, endIsEnd: false };
  const reader = new ResponseReader(method, {
    onHead: (head) => (seen.head = head),
    onData: (content) => (seen.content += content.toString('latin1')),
  });
  const lent = Buffer.alloc(text.length + 1);
  for (let at = 0, part = 0; at < text.length && seen.behind === undefined; part++) {
    const length = Math.max(1, cuts[part % cuts.length] ?? 1);
    lent.fill('?');
    const written = lent.write(text.slice(at, at + length), 'latin1');
    const behind = reader.read(lent.subarray(0, written));
    at += written;
    if (behind !== undefined) seen.behind = behind.toString('latin1') + text.slice(at);
  }
  seen.endIsEnd = reader.isCompleteAtEnd();
  return seen;
}

const head = (...lines: string[]) => [...lines, '', ''].join('\r\n');
const OK = 'HTTP/1.1 200 OK';

describe('an answer', () => {
  it.each<[string, string, Partial<Seen>, string?]>([
    ['with a length', `${head(OK, 'Content-Length: 5')}hello`, { content: 'hello', behind: '' }],
    ['with bytes behind it', `${head(OK, 'Content-Length: 5')}helloHTTP/1.1 200 OK`, { content: 'hello', behind: 'HTTP/1.1 200 OK' }],
    ['with length 0', head(OK, 'Content-Length: 0'), { content: '', behind: '' }],
    ['cut short', `${head(OK, 'Content-Length: 6')}hello`, { content: 'hello', behind: undefined, endIsEnd: false }],
    ['without a length', `${head(OK)}hello`, { content: 'hello', behind: undefined, endIsEnd: true }],
    ['in chunks', `${head(OK, 'Transfer-Encoding: chunked')}2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\nX`, { content: 'hello', behind: 'X' }],
    ['in chunks with trailers', `${head(OK, 'transfer-encoding: Chunked')}5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n`, { behind: '' }],
    ['in chunks without the last', `${head(OK, 'Transfer-Encoding: chunked')}5\r\nhello\r\n`, { behind: undefined, endIsEnd: false }],
    ['to HEAD', head(OK, 'Content-Length: 5'), { content: '', behind: '' }, 'HEAD'],
    ['to HEAD in chunks', head(OK, 'Transfer-Encoding: chunked'), { content: '', behind: '' }, 'HEAD'],
    ['204', head('HTTP/1.1 204 No Content'), { content: '', behind: '' }],
    ['304 with a length', head('HTTP/1.1 304 Not Modified', 'Content-Length: 5'), { content: '', behind: '' }],
    [
      'after promises',
      `${head('HTTP/1.1 100 Continue')}${head('HTTP/1.1 103 Early', 'Link: x')}${head(OK, 'Content-Length: 1')}a`,
      { content: 'a' },
    ],
    ['without a reason', `${head('HTTP/1.1 200')}`, { endIsEnd: true }],
  ])('%s is read alike however it is cut', (_what, text, expected, method) => {
    for (const cuts of [[text.length], [1], [2], [3, 1, 7]])
      expect(read(text, { cuts, ...(method && { method }) }), cuts.join()).toMatchObject(expected);
  });

  it('of any kind arrives whole, whatever its cuts', () => {
    const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 3000 });
    const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), cuts, fc.boolean(), bytes, (parts, cutAt, isChunked, behind) => {
        const content = parts.join('');
        const chunks = parts.filter((part) => part !== '').map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
        const text = isChunked
          ? `${head(OK, 'Transfer-Encoding: chunked')}${chunks.join('')}0\r\n\r\n`
          : `${head(OK, `Content-Length: ${content.length}`)}${content}`;
        const seen = read(text + behind, { cuts: cutAt });
        return seen.content === content && seen.behind === behind;
      }),
    );
  });

  it('never makes the reader fail in another way than with ProtocolError', () => {
    const piece = fc.constantFrom(
      OK,
      'HTTP/1.0 200 OK',
      '\r\n',
      '\r',
      '\n',
      'Content-Length: 3',
      'Transfer-Encoding: chunked',
      ': ',
      '3',
      'abc',
      '0',
      ';',
      ' ',
      '\0',
      'ÿ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (pieces, cut) => {
        try {
          read(pieces.join(''), { cuts: [cut] });
        } catch (error) {
          expect((error as { code?: string }).code).toBe('PROTOCOL_ERROR');
        }
      }),
    );
  });
});

describe('the connection goes on', () => {
  it.each<[string, boolean, string[]]>([
    ['after a length', true, [OK, 'Content-Length: 0']],
    ['not when the server closes', false, [OK, 'Content-Length: 0', 'Connection: foo, Close']],
    ['not with HTTP/1.0', false, ['HTTP/1.0 200 OK', 'Content-Length: 0']],
    ['not without a length', false, [OK]],
    ['not after a 204 that announces a body', false, ['HTTP/1.1 204 No Content', 'Content-Length: 5']],
  ])('%s', (_what, keepAlive, lines) => expect(read(head(...lines)).head?.keepAlive).toBe(keepAlive));

  it('as long as the server says', () => {
    expect(read(head(OK, 'Content-Length: 0', 'Keep-Alive: max=9, timeout=5')).head?.keepAliveSeconds).toBe(5);
  });
});

it('gives headers in lower case, in order, with each repetition', () => {
  const { headers } = read(head(OK, 'X-A:  b c\t', 'Warning: 1', 'WARNING: 2', 'Content-Length: 0')).head ?? {};
  expect(headers).toEqual(['x-a', 'b c', 'warning', '1', 'warning', '2', 'content-length', '0']);
});

it.each<[string, string]>([
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['another version', head('HTTP/2.0 200 OK')],
  ['a status below 100', head('HTTP/1.1 099 What')],
  ['a short status', head('HTTP/1.1 20 What')],
  ['two lengths', head(OK, 'Content-Length: 1', 'Content-Length: 2')],
  ['two equal lengths', head(OK, 'Content-Length: 1', 'Content-Length: 1')],
  ['two lengths in one', head(OK, 'Content-Length: 1, 1')],
  ['a signed length', head(OK, 'Content-Length: +1')],
  ['a length in hexadecimal', head(OK, 'Content-Length: 0x1')],
  ['an empty length', head(OK, 'Content-Length:')],
  ['a length beside chunks', head(OK, 'Content-Length: 1', 'Transfer-Encoding: chunked')],
  ['another coding', head(OK, 'Transfer-Encoding: gzip, chunked')],
  ['two codings', head(OK, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')],
  ['chunks of HTTP/1.0', head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')],
  ['a folded header', head(OK, 'X-A: b', ' c')],
  ['a blank before the colon', head(OK, 'Content-Length : 1')],
  ['no colon', head(OK, 'Content-Length')],
  ['a bare line feed', `${OK}\nContent-Length: 1\r\n\r\n`],
  ['a bare carriage return', `${OK}\r\nX-A: b\rContent-Length: 1\r\n\r\n`],
  ['a zero byte', head(OK, 'X-A: b\0')],
  ['an endless head', `${OK}\r\nX-A: ${'a'.repeat(17_000)}`],
  ['a change of protocol', head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket')],
  ['promises without end', head('HTTP/1.1 100 Continue').repeat(20)],
  ['a size that is none', `${head(OK, 'Transfer-Encoding: chunked')}x\r\n`],
  ['a negative size', `${head(OK, 'Transfer-Encoding: chunked')}-1\r\n`],
  ['a huge size', `${head(OK, 'Transfer-Encoding: chunked')}${'f'.repeat(16)}\r\n`],
  ['a size line without CR', `${head(OK, 'Transfer-Encoding: chunked')}1\nx\r\n`],
  ['an endless size line', `${head(OK, 'Transfer-Encoding: chunked')}1;${'a'.repeat(300)}`],
  ['a chunk longer than its size', `${head(OK, 'Transfer-Encoding: chunked')}1\r\nxyz\r\n`],
  ['a trailer that is none', `${head(OK, 'Transfer-Encoding: chunked')}0\r\nwhat\r\n\r\n`],
  ['endless trailers', `${head(OK, 'Transfer-Encoding: chunked')}0\r\n${`A: ${'b'.repeat(1000)}\r\n`.repeat(20)}`],
])('refuses %s, however it is cut', (_what, text) => {
  for (const cuts of [[text.length], [1], [5, 3]])
    expect(() => read(text, { cuts }), cuts.join()).toThrow(expect.objectContaining({ code: 'PROTOCOL_ERROR' }));
});
