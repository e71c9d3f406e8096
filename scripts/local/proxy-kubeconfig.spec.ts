import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { proxyKubeconfig } from './proxy-kubeconfig.js';

it('has a context per cluster, and c1 as the current one', () => {
  expect(parse(proxyKubeconfig('https://127.0.0.1:8443', 'CA', 'token', ['global', 'c1']))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'global', cluster: { server: 'https://127.0.0.1:8443/kubernetes/global', 'certificate-authority-data': 'Q0E=' } },
      { name: 'c1', cluster: { server: 'https://127.0.0.1:8443/kubernetes/c1', 'certificate-authority-data': 'Q0E=' } },
    ],
    users: [{ name: 'admin', user: { token: 'token' } }],
    contexts: [
      { name: 'global', context: { cluster: 'global', user: 'admin' } },
      { name: 'c1', context: { cluster: 'c1', user: 'admin' } },
    ],
    'current-context': 'c1',
  });
});

it('names no current context without clusters, and no authority for plain HTTP', () => {
  const config = parse(proxyKubeconfig('http://127.0.0.1:8080', undefined, 'token', []));
  expect(config).toMatchObject({ clusters: [], contexts: [] });
  expect(config).not.toHaveProperty('current-context');
  const [cluster] = parse(proxyKubeconfig('http://127.0.0.1:8080', undefined, 'token', ['a'])).clusters;
  expect(cluster).toEqual({ name: 'a', cluster: { server: 'http://127.0.0.1:8080/kubernetes/a' } });
});
