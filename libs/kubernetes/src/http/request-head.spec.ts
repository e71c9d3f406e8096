import { expect, it } from 'vitest';
import { requestHead } from './request-head.js';

const identity = ['authorization', 'Bearer own', 'impersonate-user', 'jane'];

it('writes the identity last, the same one each time', () => {
  const expected = 'GET /api HTTP/1.1\r\nhost: c1:6443\r\naccept: */*\r\nauthorization: Bearer own\r\nimpersonate-user: jane\r\n\r\n';
  for (let time = 0; time < 2; time++) expect(requestHead('GET', '/api', 'c1:6443', ['accept', '*/*'], identity, false)).toBe(expected);
});

it('never takes the text of one identity for another', () => {
  requestHead('GET', '/api', 'c1', [], identity, false);
  expect(requestHead('GET', '/api', 'c1', [], ['impersonate-user', 'joe'], false)).toBe(
    'GET /api HTTP/1.1\r\nhost: c1\r\nimpersonate-user: joe\r\n\r\n',
  );
});

it('announces chunks', () => {
  expect(requestHead('POST', '/api', 'c1', ['accept', '*/*'], [], true)).toBe(
    'POST /api HTTP/1.1\r\nhost: c1\r\naccept: */*\r\ntransfer-encoding: chunked\r\n\r\n',
  );
});

it.each<[string, string[], string[]]>([
  ['a line end of a client', ['accept', 'a\r\nimpersonate-group: system:masters'], []],
  ['a line end in the identity', [], ['impersonate-user', 'a\r\nimpersonate-group: system:masters']],
  ['what is no byte', ['accept', '\u{161}'], []],
])('refuses %s', (_what, headers, authentication) => {
  expect(() => requestHead('GET', '/', 'c1', headers, authentication, false)).toThrow(/must be printable/);
});

it('refuses a path that would not stay on its line', () => {
  expect(() => requestHead('GET', '/a b', 'c1', [], [], false)).toThrow(/printable ASCII/);
});
