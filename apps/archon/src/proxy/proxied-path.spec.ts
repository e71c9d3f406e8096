import { describe, expect, it } from 'vitest';
import { parseProxiedPath } from './proxied-path.js';

describe('parseProxiedPath', () => {
  it.each([
    ['/kubernetes/c1/api/v1/pods?limit=5', 'c1', '/api/v1/pods?limit=5', '/kubernetes/c1', undefined],
    ['/kubernetes/c1', 'c1', '/', '/kubernetes/c1', undefined],
    ['/kubernetes/c1/', 'c1', '/', '/kubernetes/c1', undefined],
    [
      '/kubernetes/c1/apis/apps/v1/deployments?labelSelector=a&watch=true',
      'c1',
      '/apis/apps/v1/deployments?labelSelector=a&watch=true',
      '/kubernetes/c1',
      'watch',
    ],
    [
      '/kubernetes/c1/api/v1/namespaces/a/pods/p/log?follow=true&container=c',
      'c1',
      '/api/v1/namespaces/a/pods/p/log?follow=true&container=c',
      '/kubernetes/c1',
      'bytes',
    ],
    [
      '/kubernetes/c1/api/v1/namespaces/a/services/web:80/proxy/x',
      'c1',
      '/api/v1/namespaces/a/services/web:80/proxy/x',
      '/kubernetes/c1',
      'bytes',
    ],
    [
      '/kubernetes/c1/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      'c1',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      '/kubernetes/c1',
      undefined,
    ],
    ...['watch', 'watch=', 'watch=yes', 'watch=T', 'a=b&watch=1&watch=0', '%77atch=true', 'watch=%74rue'].map(
      (query): [string, string, string, string, 'watch'] => [
        `/kubernetes/c1/api/v1/pods?${query}`,
        'c1',
        `/api/v1/pods?${query}`,
        '/kubernetes/c1',
        'watch',
      ],
    ),
    ...['watch=0', 'watch=false', 'watch=False', 'watch=0&watch=1', 'swatch=1', 'follow=true'].map(
      (query): [string, string, string, string, undefined] => [
        `/kubernetes/c1/api/v1/pods?${query}`,
        'c1',
        `/api/v1/pods?${query}`,
        '/kubernetes/c1',
        undefined,
      ],
    ),
    ['/kubernetes/c1/api/v1/namespaces/a/pods/p/%6cog?follow', 'c1', '/api/v1/namespaces/a/pods/p/%6cog?follow', '/kubernetes/c1', 'bytes'],
    ['/kubernetes/c1/api/v1/watch/pods', 'c1', '/api/v1/watch/pods', '/kubernetes/c1', 'watch'],
    [
      '/kubernetes/c1/api/v1/namespaces/a/services/web/proxy/?watch=1',
      'c1',
      '/api/v1/namespaces/a/services/web/proxy/?watch=1',
      '/kubernetes/c1',
      'bytes',
    ],
    ['/kubernetes/c1?x=/api/v1/secrets', 'c1', '/?x=/api/v1/secrets', '/kubernetes/c1', undefined],
    ['/api/v1/namespaces', 'global', '/api/v1/namespaces', '', undefined],
    ['/apis', 'global', '/apis', '', undefined],
    ['/version?timeout=32s', 'global', '/version?timeout=32s', '', undefined],
    ['/openapi/v3', 'global', '/openapi/v3', '', undefined],
    ['/apis/auth.alauda.io/v1', 'global', '/apis/auth.alauda.io/v1', '', undefined],
  ])('%s', (url, cluster, path, prefix, streaming) => expect(parseProxiedPath(url)).toEqual({ cluster, path, prefix, streaming }));

  it.each([
    '/acp/v1/clusters',
    '/openapi.json',
    '/apish',
    '/',
    '/kubernetes',
    '/versions',
    '/kubernetes/global/apis/auth.alauda.io/v1/projects?watch=1',
  ])("leaves %s to Archon's own routes", (url) => expect(parseProxiedPath(url)).toBeUndefined());

  it.each([
    '/kubernetes/c1/api/v1/../../../x',
    '/kubernetes/c1/api/v1/%2e%2e/x',
    '/kubernetes/c1/api/v1/.%2E/x',
    '/kubernetes/c1/api/v1/./pods',
    '/kubernetes/c1/api//v1',
    '/kubernetes/c1//evil.example/x',
    '/kubernetes/c1/api/v1/a%2fb',
    '/kubernetes/c1/api/v1/a%5Cb',
    '/kubernetes/c1/api/v1/a%252fb',
    '/kubernetes/c1/api/v1/a%00',
    '/kubernetes/c1/api/v1/a%0d%0aHost:evil',
    '/kubernetes/c1/api/v1/a%7F',
    '/kubernetes/c1/api/v1/a;b',
    '/kubernetes/c1/api\\v1',
    '/kubernetes/c1/api/v1/é',
    '/kubernetes/C1/api',
    '/kubernetes//api',
    '/kubernetes/../api',
    '/kubernetes/c1%2fapi',
    '/api/v1/../x',
  ])('refuses %s', (url) => expect(() => parseProxiedPath(url)).toThrow(/the path must/));
});
