interface Api {
  url: string;
  certificateAuthority: string | undefined;
}

/**
 * A kubeconfig (JSON) whose current context `proxy-connect` goes through Archon with the caller's own token. `direct` adds the context
 * `direct-connect` for those who may know where the cluster is. It names no user: Archon's own credential is nobody else's, and the
 * caller's token must not be sent to a cluster, which would take nothing of it and could use it here.
 */
export function clusterKubeconfig(options: { cluster: string; user: string; token: string; proxy: Api; direct: Api | undefined }): object {
  const { cluster, user, token, proxy, direct } = options;
  const through = { ...proxy, url: `${proxy.url}/kubernetes/${cluster}` };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [entry('proxy-connect', through), ...(direct === undefined ? [] : [entry('direct-connect', direct)])],
    users: [{ name: user, user: { token } }],
    contexts: [
      { name: 'proxy-connect', context: { cluster: 'proxy-connect', user } },
      ...(direct === undefined ? [] : [{ name: 'direct-connect', context: { cluster: 'direct-connect', user: '' } }]),
    ],
    'current-context': 'proxy-connect',
  };
}

function entry(name: string, { url, certificateAuthority }: Api): object {
  const trust =
    certificateAuthority === undefined ? {} : { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') };
  return { name, cluster: { server: url, ...trust } };
}
