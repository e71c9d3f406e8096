import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';

export interface Access {
  cluster: string;
  /** URL of the API server. */
  server: string;
  /** Folder of the cluster's certificates. */
  certificates: string;
  /** Whose certificate: the file's name without its ending. */
  user: string;
}

/** Writes a kubeconfig that needs no other file. The context has the cluster's name. */
export function writeKubeconfig(file: string, access: Access): void {
  const pem = (name: string) => readFileSync(path.join(access.certificates, name)).toString('base64');
  const user = access.user === 'admin' ? `${access.cluster}-admin` : access.user;
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: access.cluster, cluster: { server: access.server, 'certificate-authority-data': pem('ca.crt') } }],
    users: [{ name: user, user: { 'client-certificate-data': pem(`${access.user}.crt`), 'client-key-data': pem(`${access.user}.key`) } }],
    contexts: [{ name: access.cluster, context: { cluster: access.cluster, user } }],
    'current-context': access.cluster,
  };
  writeFileSync(file, stringify(content, { lineWidth: 0 }), { mode: 0o600 });
}
