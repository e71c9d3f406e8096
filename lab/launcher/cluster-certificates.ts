import { generateKeyPair } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { CertificateAuthority, type CertificateRequest } from '#pki';

/** The certificates of one cluster, as PEM files `<name>.crt` and `<name>.key` in one folder. */
export interface CertificateNames {
  /** DNS names and addresses of the API server. */
  apiServer: string[];
  /** Name and address of the real node; absent without one. */
  node?: { name: string; address: string };
}

const DAYS = 3650;
const KUBERNETES_NAMES = [
  'localhost',
  '127.0.0.1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

/** Makes the cluster's authorities once, and its certificates again whenever the names that they must carry change. */
export async function ensureCertificates(folder: string, cluster: string, names: CertificateNames): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const wanted = JSON.stringify(names);
  const stamp = path.join(folder, 'names.json');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;
  const authority = await loadAuthority(folder, 'ca', cluster);
  const frontProxy = await loadAuthority(folder, 'front-proxy-ca', `${cluster} front proxy`);
  for (const [name, request] of requests(names)) await issue(folder, name, authority, request);
  await issue(folder, 'front-proxy-client', frontProxy, { commonName: 'front-proxy-client', usages: ['client'] });
  await ensureServiceAccountKeys(folder);
  await replaceFile(stamp, wanted);
}

function requests(names: CertificateNames): [name: string, request: CertificateRequest][] {
  const masters = ['system:masters'];
  return [
    ['apiserver', { commonName: 'kube-apiserver', sans: [...new Set([...KUBERNETES_NAMES, ...names.apiServer])], usages: ['server'] }],
    ['apiserver-kubelet-client', { commonName: 'kube-apiserver-kubelet-client', organizations: masters, usages: ['client'] }],
    ['admin', { commonName: 'kubernetes-admin', organizations: masters, usages: ['client'] }],
    ['kube-controller-manager', { commonName: 'system:kube-controller-manager', usages: ['client'] }],
    ['kube-scheduler', { commonName: 'system:kube-scheduler', usages: ['client'] }],
    ['kwok', { commonName: 'kwok', organizations: masters, sans: ['localhost', '127.0.0.1'], usages: ['server', 'client'] }],
    [
      'metrics-server',
      {
        commonName: 'metrics-server',
        organizations: masters,
        sans: ['localhost', '127.0.0.1', 'metrics-server.kube-system.svc'],
        usages: ['server', 'client'],
      },
    ],
    ...(names.node ? nodeRequests(names.node) : []),
  ];
}

function nodeRequests(node: { name: string; address: string }): [name: string, request: CertificateRequest][] {
  const identity = { commonName: `system:node:${node.name}`, organizations: ['system:nodes'] };
  return [
    ['kubelet', { ...identity, sans: [node.name, node.address, '127.0.0.1'], usages: ['server', 'client'] }],
    ['kube-proxy', { commonName: 'system:kube-proxy', usages: ['client'] }],
    ['coredns', { commonName: 'coredns', organizations: ['system:masters'], usages: ['client'] }],
  ];
}

async function loadAuthority(folder: string, name: string, commonName: string): Promise<CertificateAuthority> {
  const [certificate, key] = [path.join(folder, `${name}.crt`), path.join(folder, `${name}.key`)];
  if (existsSync(certificate) && existsSync(key))
    return CertificateAuthority.load(await readFile(certificate, 'utf8'), await readFile(key, 'utf8'));
  const authority = await CertificateAuthority.create(commonName);
  await replaceFile(key, authority.keyPem);
  await replaceFile(certificate, authority.certPem);
  return authority;
}

async function issue(folder: string, name: string, authority: CertificateAuthority, request: CertificateRequest): Promise<void> {
  const { certPem, keyPem } = await authority.issue({ days: DAYS, ...request });
  await replaceFile(path.join(folder, `${name}.key`), keyPem);
  await replaceFile(path.join(folder, `${name}.crt`), certPem);
}

/** The pair that signs and checks service account tokens. */
async function ensureServiceAccountKeys(folder: string): Promise<void> {
  if (existsSync(path.join(folder, 'sa.pub'))) return;
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  await replaceFile(path.join(folder, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  await replaceFile(path.join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }).toString());
}

/** Whoever interrupts the launcher finds the old file or the new one. */
async function replaceFile(file: string, content: string): Promise<void> {
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
