import { describe, expect, it } from 'vitest';
import { resourcePath } from './resource-path.js';

describe('resourcePath', () => {
  it.each([
    [{ group: '', version: 'v1', resource: 'nodes' }, '/api/v1/nodes'],
    [
      { group: '', version: 'v1', resource: 'pods', namespace: 'a', name: 'web-0', subresource: 'log' },
      '/api/v1/namespaces/a/pods/web-0/log',
    ],
    [{ group: 'apps', version: 'v1', resource: 'deployments', namespace: 'a', name: 'web' }, '/apis/apps/v1/namespaces/a/deployments/web'],
    [
      { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles', name: 'system:node' },
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    ],
  ])('%j → %s', (ref, path) => expect(resourcePath(ref)).toBe(path));

  it('leaves out what is undefined and escapes the rest of the query', () => {
    const path = resourcePath(
      { group: '', version: 'v1', resource: 'pods' },
      { limit: 5, labelSelector: 'a in (b,c)', continue: undefined },
    );
    expect(path).toBe('/api/v1/pods?limit=5&labelSelector=a+in+%28b%2Cc%29');
  });

  it.each(['', '.', '..', 'a/b', '../../secrets', '%2e%2e', 'a?b', 'a#b', 'a\\b', 'a b', 'a\0b', 'x'.repeat(254)])(
    'refuses the name %j',
    (name) => expect(() => resourcePath({ group: '', version: 'v1', resource: 'pods', namespace: 'a', name })).toThrow(/not a valid name/),
  );
});
