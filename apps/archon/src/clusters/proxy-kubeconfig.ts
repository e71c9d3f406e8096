/** A kubeconfig (JSON) whose only context goes through Archon's proxy with the caller's own token. */
export function proxyKubeconfig(options: {
  url: string;
  cluster: string;
  user: string;
  token: string;
  certificateAuthority: string | undefined;
}): object {
  const { url, cluster, user, token, certificateAuthority } = options;
  const trust =
    certificateAuthority === undefined ? {} : { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'proxy-connect', cluster: { server: `${url}/kubernetes/${cluster}`, ...trust } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'proxy-connect', context: { cluster: 'proxy-connect', user } }],
    'current-context': 'proxy-connect',
  };
}
