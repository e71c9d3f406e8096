import { stringify } from 'yaml';

/** A kubeconfig (YAML) with a context per cluster, each through Archon's proxy. `certificateAuthority` is PEM; undefined for plain HTTP. */
export function proxyKubeconfig(url: string, certificateAuthority: string | undefined, token: string, clusters: string[]): string {
  const trust =
    certificateAuthority === undefined ? {} : { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') };
  const current = clusters.includes('c1') ? 'c1' : clusters[0];
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: clusters.map((name) => ({ name, cluster: { server: `${url}/kubernetes/${name}`, ...trust } })),
    users: [{ name: 'admin', user: { token } }],
    contexts: clusters.map((name) => ({ name, context: { cluster: name, user: 'admin' } })),
    ...(current === undefined ? {} : { 'current-context': current }),
  });
}
