import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import type { ControlPlane, Lab } from '#lab';
import { CertificateAuthority } from '#pki';
import { startBackground } from './background.js';

/** Something behind the proxies, with an object of about 2 kB and one of about 1 MB. */
export interface Target {
  name: 'backend' | 'apiserver';
  title: string;
  url: string;
  /** How a client that asks it directly identifies itself. */
  headers: Record<string, string>;
  tls: { cert?: string; key?: string };
  /** File with the same credential; Archon is registered with it too. */
  kubeconfig: string;
  smallPath: string;
  largePath: string;
  stop(): Promise<void>;
}

const PATHS = { smallPath: '/api/v1/namespaces/default/configmaps/small', largePath: '/api/v1/namespaces/default/configmaps/large' };
const SMALL_TEXT = 1500;
const LARGE_TEXT = 1_000_000;

/** A server that does next to nothing, so that the proxy before it is the bottleneck. */
export async function startLightBackend(lab: Lab, folder: string): Promise<Target> {
  const authority = await CertificateAuthority.create('bench authority');
  const serving = await authority.issue({ commonName: 'bench backend', sans: ['127.0.0.1'], usages: ['server'] });
  const [cert, key, kubeconfig] = ['backend.crt', 'backend.key', 'backend.kubeconfig'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(cert, serving.certPem);
  writeFileSync(key, serving.keyPem, { mode: 0o600 });
  const { background, ready: address } = await startBackground(
    lab.tools.lab,
    ['bench-backend', '--listen', '127.0.0.1:0', '--cert', cert, '--key', key],
    process.env,
    (output) => /listening on (\S+)/.exec(output)?.[1],
  );
  const url = `https://${address}`;
  const token = 'bench';
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(url, authority.certPem, token)), { mode: 0o600 });
  const headers = { authorization: `Bearer ${token}` };
  return { name: 'backend', title: 'light backend', url, headers, tls: {}, kubeconfig, ...PATHS, stop: () => background.stop() };
}

/** A real kube-apiserver, with the two objects. */
export async function prepareApiServer(plane: ControlPlane): Promise<Target> {
  const tls = clientCertificate(plane);
  const agent = new Agent({ allowH2: false, connect: { ...tls, ca: readFileSync(plane.caFile, 'utf8') } });
  try {
    for (const [name, length] of [
      ['small', SMALL_TEXT],
      ['large', LARGE_TEXT],
    ] as const)
      await putConfigMap(agent, plane.url, name, length);
  } finally {
    await agent.close();
  }
  return {
    name: 'apiserver',
    title: 'kube-apiserver',
    url: plane.url,
    headers: {},
    tls,
    kubeconfig: plane.kubeconfig,
    ...PATHS,
    stop: () => Promise.resolve(),
  };
}

/** Of the administrator of a control plane. */
export function clientCertificate(plane: ControlPlane): { cert: string; key: string } {
  const config = parse(readFileSync(plane.kubeconfig, 'utf8')) as { users: { user: Record<string, string> }[] };
  const user = config.users[0]?.user ?? {};
  const decode = (field: string) => Buffer.from(user[field] ?? '', 'base64').toString('utf8');
  return { cert: decode('client-certificate-data'), key: decode('client-key-data') };
}

async function putConfigMap(agent: Agent, url: string, name: string, length: number): Promise<void> {
  const { statusCode, body } = await request(`${url}/api/v1/namespaces/default/configmaps/${name}?fieldManager=bench&force=true`, {
    dispatcher: agent,
    method: 'PATCH',
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(length) } }),
  });
  const text = await body.text();
  if (statusCode >= 300) throw new Error(`ConfigMap ${name}: ${text.slice(0, 300)}`);
}

function kubeconfigOf(server: string, certificateAuthority: string, token: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server, 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') } }],
    users: [{ name: 'bench', user: { token } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
}
