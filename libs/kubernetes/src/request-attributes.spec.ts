import { describe, expect, it } from 'vitest';
import { type RequestAttributes, requestAttributes } from './request-attributes.js';

const PODS = { group: '', version: 'v1', resource: 'pods', subresource: '', namespace: 'a', name: 'p', isResource: true };

describe('requestAttributes', () => {
  it.each<[string, string, Partial<RequestAttributes>]>([
    ['GET', '/api/v1/namespaces/a/pods/p', { ...PODS, verb: 'get' }],
    ['HEAD', '/api/v1/namespaces/a/pods/p', { ...PODS, verb: 'get' }],
    ['OPTIONS', '/api/v1/namespaces/a/pods/p', { ...PODS, verb: '' }],
    ['GET', '/api/v1/namespaces/a/pods/p/log?follow=true', { ...PODS, verb: 'get', subresource: 'log' }],
    ['GET', '/api/v1/namespaces/a/pods/p/exec?command=sh', { ...PODS, verb: 'get', subresource: 'exec' }],
    ['POST', '/api/v1/namespaces/a/pods/p/exec', { ...PODS, verb: 'create', subresource: 'exec' }],
    ['GET', '/api/v1/namespaces/a/pods/p:80/proxy/x/y?watch=1', { ...PODS, verb: 'get', name: 'p:80', subresource: 'proxy' }],
    ['GET', '/api/v1/namespaces/a/pods', { ...PODS, verb: 'list', name: '' }],
    ['GET', '/api/v1/namespaces/a/pods?watch=true', { ...PODS, verb: 'watch', name: '' }],
    ['GET', '/api/v1/namespaces/a/pods?watch', { ...PODS, verb: 'watch', name: '' }],
    ['GET', '/api/v1/namespaces/a/pods?watch=yes', { ...PODS, verb: 'watch', name: '' }],
    ['GET', '/api/v1/namespaces/a/pods?watch=False', { ...PODS, verb: 'list', name: '' }],
    ['GET', '/api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Dp', { ...PODS, verb: 'watch' }],
    ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name!%3Dp', { ...PODS, verb: 'list', name: '' }],
    ['GET', '/api/v1/watch/namespaces/a/pods/p', { ...PODS, verb: 'watch' }],
    ['DELETE', '/api/v1/namespaces/a/pods', { ...PODS, verb: 'deletecollection', name: '' }],
    ['GET', '/api/v1/proxy/nodes/n', { ...PODS, verb: 'proxy', resource: 'nodes', name: 'n', namespace: '' }],
    ['GET', '/api/v1/nodes/n/proxy/run', { ...PODS, verb: 'get', resource: 'nodes', name: 'n', namespace: '', subresource: 'proxy' }],
    ['GET', '/api/v1/namespaces', { ...PODS, verb: 'list', resource: 'namespaces', name: '', namespace: '' }],
    ['GET', '/api/v1/namespaces/a', { ...PODS, verb: 'get', resource: 'namespaces', name: 'a' }],
    ['PUT', '/api/v1/namespaces/a/finalize', { ...PODS, verb: 'update', resource: 'namespaces', name: 'a', subresource: 'finalize' }],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/a/deployments/web/scale',
      { verb: 'patch', group: 'apps', resource: 'deployments', name: 'web', namespace: 'a', subresource: 'scale' },
    ],
    [
      'GET',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
      { verb: 'get', resource: 'clusterroles', name: 'system:node' },
    ],
    ['GET', '/%61pi/v1/n%61mespaces/a/pods', { ...PODS, verb: 'list', name: '' }],
    ['GET', '/api/v1/w%61tch/namespaces/a/pods', { ...PODS, verb: 'watch', name: '' }],
    ['GET', '/api/v1', { verb: 'get', isResource: false, resource: '' }],
    ['GET', '/apis/apps/v1', { verb: 'get', isResource: false }],
    ['GET', '/api/v1/watch', { verb: 'get', isResource: false }],
    ['POST', '/version?x=/api/v1/pods', { verb: 'post', isResource: false }],
    ['GET', '/', { verb: 'get', isResource: false }],
    ['GET', '/openapi/v3/apis/apps/v1', { verb: 'get', isResource: false }],
  ])('%s %s', (method, path, expected) => expect(requestAttributes(method, path)).toMatchObject(expected));
});
