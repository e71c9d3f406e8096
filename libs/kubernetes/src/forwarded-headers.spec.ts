import { describe, expect, it } from 'vitest';
import { requestHeaders, responseHeaders, upgradeHeaders } from './forwarded-headers.js';

const identity = ['authorization', 'Bearer own', 'impersonate-user', 'jane'];

describe('requestHeaders', () => {
  it('lets through the allowed names only', () => {
    const client = {
      accept: 'application/json',
      authorization: 'Bearer CANARY',
      cookie: 'CANARY',
      'x-remote-user': 'root',
      'x-forwarded-for': '1.2.3.4',
      connection: 'close, Impersonate-User, Authorization',
      'proxy-authorization': 'CANARY',
      'content-type': 'application/json',
    };
    expect(requestHeaders(client)).toEqual(['accept', 'application/json', 'content-type', 'application/json']);
  });

  it.each(['impersonate-user', 'impersonate-group', 'impersonate-uid', 'impersonate-extra-scopes', 'impersonate_user'])(
    'passes no %s of the client on',
    (name) => expect(requestHeaders({ [name]: 'admin' })).toEqual([]),
  );
});

it('keeps the headers of the protocol on an upgrade', () => {
  const client = {
    connection: 'Upgrade, Impersonate-User',
    upgrade: 'websocket',
    'sec-websocket-key': 'k',
    'sec-websocket-protocol': 'v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.Q0FOQVJZ,v4.channel.k8s.io',
    cookie: 'CANARY',
  };
  expect(upgradeHeaders(client, identity)).toEqual([
    'connection',
    'Upgrade',
    'upgrade',
    'websocket',
    'sec-websocket-key',
    'k',
    'sec-websocket-protocol',
    'v5.channel.k8s.io, v4.channel.k8s.io',
    ...identity,
  ]);
});

describe('responseHeaders', () => {
  it('drops cookies, CORS and hop-by-hop names, and sandboxes what the cluster serves', () => {
    const answer = responseHeaders(
      [
        ['Content-Type', 'text/html'],
        ['Set-Cookie', 'a=b'],
        ['access-control-allow-origin', '*'],
        ['content-security-policy', "default-src 'unsafe-inline'"],
        ['transfer-encoding', 'chunked'],
        ['audit-id', '1'],
        ['warning', '299 - "one"'],
        ['warning', '299 - "two"'],
      ].flat(),
      '/kubernetes/c1',
    );
    expect(answer).toEqual(
      [
        ['content-security-policy', 'sandbox'],
        ['x-content-type-options', 'nosniff'],
        ['content-type', 'text/html'],
        ['audit-id', '1'],
        ['warning', '299 - "one"'],
        ['warning', '299 - "two"'],
      ].flat(),
    );
  });

  it.each([
    ['/api/v1/namespaces/a/services/web/proxy/', '/kubernetes/c1/api/v1/namespaces/a/services/web/proxy/'],
    ['https://elsewhere.example/', undefined],
    ['//elsewhere.example/', undefined],
    ['/\\elsewhere.example/', undefined],
  ])('a redirect to %s becomes %s', (location, expected) =>
    expect(responseHeaders(['location', location], '/kubernetes/c1').slice(4)).toEqual(
      expected === undefined ? [] : ['location', expected],
    ),
  );
});
