import { invalid, type StatusCause } from '#errors';
import type { ClusterCredential } from './cluster-connection.js';
import { decodeCertificate, decodePrivateKey, isBearerToken, isKeyOf } from './credential-text.js';

/** What Archon takes from one context of a kubeconfig. */
export interface KubeconfigContext {
  name: string;
  endpoint: string;
  certificateAuthority: string | undefined;
  credential: ClusterCredential;
}

type Fields = Record<string, unknown>;

const CLUSTER_FIELDS = ['server', 'certificate-authority-data', 'extensions'];
const USER_FIELDS = ['token', 'client-certificate-data', 'client-key-data'];
/** Each of these would make Archon run a program, read its own files, or go somewhere else than the cluster. */
const WHY_REFUSED: Record<string, string> = {
  exec: 'programs are not run; give a token or a client certificate',
  'auth-provider': 'auth providers are not run; give a token or a client certificate',
  tokenFile: 'files are not read; put the text into "token"',
  'client-certificate': 'files are not read; use "client-certificate-data"',
  'client-key': 'files are not read; use "client-key-data"',
  'certificate-authority': 'files are not read; use "certificate-authority-data"',
  'proxy-url': 'proxies are not supported',
  'insecure-skip-tls-verify': 'the cluster\'s certificate is always verified; give "certificate-authority-data"',
};

/**
 * Reads one context (the current one unless named) of a parsed kubeconfig: only inline server, CA, token or client certificate.
 * Throws 422 that names each offending field, with `field` paths relative to `path`.
 */
export function readKubeconfig(document: unknown, context: string | undefined, path: string): KubeconfigContext {
  const config = asFields(document);
  if (config === undefined) throw invalid('the kubeconfig', [{ field: path, message: 'must be a YAML or JSON mapping' }]);
  const wanted = context ?? config['current-context'];
  if (typeof wanted !== 'string' || wanted === '')
    throw invalid('the kubeconfig', [{ field: `${path}.current-context`, message: 'is missing: set it, or name a context' }]);

  const chosen = entry(config, 'contexts', wanted, 'context', path);
  const cluster = entry(config, 'clusters', String(chosen.fields.cluster), 'cluster', path);
  const user = entry(config, 'users', String(chosen.fields.user), 'user', path);
  const causes = [...refused(cluster, CLUSTER_FIELDS), ...refused(user, USER_FIELDS)];

  const endpoint = cluster.fields.server;
  if (typeof endpoint !== 'string') causes.push({ field: `${cluster.path}.server`, message: 'is missing' });
  const certificateAuthority = decoded(cluster, 'certificate-authority-data', decodeCertificate, causes);
  const credential = credentialOf(user, causes);
  if (causes.length > 0 || typeof endpoint !== 'string' || credential === undefined) throw invalid('the kubeconfig', causes);
  return { name: wanted, endpoint, certificateAuthority, credential };
}

interface Entry {
  path: string;
  fields: Fields;
}

function entry(config: Fields, list: string, name: string, key: string, path: string): Entry {
  const items: unknown[] = Array.isArray(config[list]) ? config[list] : [];
  const index = items.findIndex((item) => asFields(item)?.name === name);
  const fields = asFields(asFields(items[index])?.[key]);
  if (fields === undefined)
    throw invalid('the kubeconfig', [{ field: `${path}.${list}`, message: `has no entry "${name}" with a "${key}"` }]);
  return { path: `${path}.${list}[${index}].${key}`, fields };
}

function refused({ path, fields }: Entry, allowed: string[]): StatusCause[] {
  return Object.keys(fields)
    .filter((field) => !allowed.includes(field) && !(field === 'insecure-skip-tls-verify' && fields[field] === false))
    .map((field) => ({ field: `${path}.${field}`, message: WHY_REFUSED[field] ?? 'is not supported' }));
}

function credentialOf(user: Entry, causes: StatusCause[]): ClusterCredential | undefined {
  const { token } = user.fields;
  if (typeof token === 'string' && token !== '') {
    if (!isBearerToken(token)) causes.push({ field: `${user.path}.token`, message: 'must be printable ASCII without blanks' });
    return { token };
  }
  const clientCertificate = decoded(user, 'client-certificate-data', decodeCertificate, causes);
  const clientKey = decoded(user, 'client-key-data', decodePrivateKey, causes);
  if (clientCertificate !== undefined && clientKey !== undefined) {
    if (!isKeyOf(clientCertificate, clientKey))
      causes.push({ field: `${user.path}.client-key-data`, message: 'is not the key of "client-certificate-data"' });
    return { clientCertificate, clientKey };
  }
  causes.push({ field: user.path, message: 'must hold a "token", or "client-certificate-data" and "client-key-data"' });
  return undefined;
}

function decoded(
  { path, fields }: Entry,
  field: string,
  decode: (base64: string) => string | undefined,
  causes: StatusCause[],
): string | undefined {
  const value = fields[field];
  if (value === undefined || value === '') return undefined;
  const text = typeof value === 'string' ? decode(value) : undefined;
  if (text === undefined) causes.push({ field: `${path}.${field}`, message: 'must be PEM in base64' });
  return text;
}

const asFields = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
