import ipaddr from 'ipaddr.js';
import { INDEXED_KINDS, resourceFields, resources } from './indexed-resources.js';
import { Secret } from './secret.js';

/** One setting: the environment variable, its default as text, what it does, and how its text is read (throws with the remedy). */
interface Setting<T> {
  variable: string;
  default: string;
  description: string;
  read: (text: string) => T;
}

const text = (value: string) => value;
const optional = (value: string) => (value === '' ? undefined : value);
const optionalSecret = (value: string) => (value === '' ? undefined : new Secret(value));

function integer(min: number, max: number) {
  return (value: string) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < min || number > max) throw new Error(`must be a whole number from ${min} to ${max}`);
    return number;
  };
}

function oneOf<const T extends string>(...allowed: T[]) {
  return (value: string) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

function dnsDomain(value: string) {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/.test(value))
    throw new Error('must be a DNS domain such as cpaas.io');
  return value;
}

/** `10.0.0.0/8,192.0.2.1`: ranges in CIDR notation (RFC 4632, RFC 4291), or single addresses. */
function addressRanges(value: string): [ipaddr.IPv4 | ipaddr.IPv6, number][] {
  return value
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const range = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
      if (!ipaddr.isValidCIDR(range)) throw new Error(`must list addresses or ranges such as 10.0.0.0/8; "${text}" is neither`);
      return ipaddr.parseCIDR(range);
    });
}

/** Exactly as a browser sends them (RFC 6454 §6.2). */
function origins(value: string): string[] {
  const all = value.split(',').map((origin) => origin.trim());
  return all
    .filter((origin) => origin !== '')
    .map((origin) => {
      if (!/^https?:/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin)
        throw new Error(`must list origins such as https://console.example.org; "${origin}" is none as browsers send it`);
      return origin;
    });
}

const setting = <T>(variable: string, defaultText: string, description: string, read: (text: string) => T): Setting<T> => ({
  variable,
  default: defaultText,
  description,
  read,
});

/** Every setting of the API server. This table is also what `archon config` prints. */
export const SETTINGS = {
  stateDir: setting('ARCHON_STATE_DIR', '.archon', 'folder of generated keys, certificates and the embedded database', text),
  databaseUrl: setting('ARCHON_DATABASE_URL', '', 'Postgres URL; empty starts the embedded Postgres in the state folder', optionalSecret),
  databasePoolSize: setting('ARCHON_DATABASE_POOL_SIZE', '10', 'connections to Postgres, at most, besides those of lists', integer(2, 200)),
  host: setting('ARCHON_HOST', '127.0.0.1', 'address to listen on', text),
  port: setting('ARCHON_PORT', '8443', 'port to listen on; 0 takes a free one', integer(0, 65_535)),
  tls: setting(
    'ARCHON_TLS',
    'generated',
    'generated (own CA), files (the two settings below) or off (plain HTTP)',
    oneOf('generated', 'files', 'off'),
  ),
  tlsCertFile: setting('ARCHON_TLS_CERT_FILE', '', 'PEM certificate chain, with ARCHON_TLS=files', optional),
  tlsKeyFile: setting('ARCHON_TLS_KEY_FILE', '', 'PEM private key, with ARCHON_TLS=files', optional),
  tlsNames: setting('ARCHON_TLS_NAMES', 'localhost,127.0.0.1', 'names and addresses of the generated certificate', (value) =>
    value.split(',').map((name) => name.trim()),
  ),
  publicUrl: setting('ARCHON_PUBLIC_URL', '', 'URL written into kubeconfigs; empty takes the one that Archon listens on', optional),
  trustedProxies: setting(
    'ARCHON_TRUSTED_PROXIES',
    '',
    'addresses or ranges (CIDR) of the proxies before Archon whose X-Forwarded-For is believed, separated by commas',
    addressRanges,
  ),
  encryptionKeyFile: setting(
    'ARCHON_ENCRYPTION_KEY_FILE',
    '',
    'file of the 256-bit keys (base64, one per line) that encrypt secrets; the first writes, all read; empty: <state>/keys/encryption.key',
    optional,
  ),
  namespaceResourceManage: setting(
    'ARCHON_NAMESPACE_RESOURCE_MANAGE',
    'false',
    'true: samples of pod security can be applied to namespaces as policies of Kyverno (feature namespace-resource-manage)',
    (value) => oneOf('true', 'false')(value) === 'true',
  ),
  pullSecretFile: setting(
    'ARCHON_PULL_SECRET_FILE',
    '',
    'file in the form of .dockerconfigjson: every namespace of a project gets it as Secret archon-registry; empty: none',
    optional,
  ),
  adminTokenFile: setting(
    'ARCHON_ADMIN_TOKEN_FILE',
    '',
    "file that receives the first administrator's token; empty: <state>/admin-token",
    optional,
  ),
  tokenDefaultDays: setting('ARCHON_TOKEN_DEFAULT_DAYS', '30', 'validity of an API token when none is asked for', integer(1, 3650)),
  tokenMaxDays: setting('ARCHON_TOKEN_MAX_DAYS', '365', 'longest validity of an API token', integer(1, 3650)),
  sessionAccessSeconds: setting(
    'ARCHON_SESSION_ACCESS_SECONDS',
    '900',
    'validity of the access token of a session; its client then refreshes it',
    integer(10, 86_400),
  ),
  sessionIdleSeconds: setting(
    'ARCHON_SESSION_IDLE_SECONDS',
    '86400',
    'a session that is not refreshed for so long ends',
    integer(10, 31_536_000),
  ),
  sessionMaxSeconds: setting(
    'ARCHON_SESSION_MAX_SECONDS',
    '604800',
    'a session ends after so long, however often it is refreshed',
    integer(10, 31_536_000),
  ),
  tokenExpirationRequired: setting(
    'ARCHON_TOKEN_EXPIRATION_REQUIRED',
    'false',
    'true: a request for an API token must say when it ends',
    (value) => oneOf('true', 'false')(value) === 'true',
  ),
  tokenOverlapSeconds: setting(
    'ARCHON_TOKEN_OVERLAP_SECONDS',
    '3600',
    'how long the old token holds after a rotation that does not say it',
    integer(0, 2_592_000),
  ),
  tokenRetentionDays: setting('ARCHON_TOKEN_RETENTION_DAYS', '30', 'how long expired API tokens are still listed', integer(0, 3650)),
  signingKeyDays: setting('ARCHON_SIGNING_KEY_DAYS', '90', 'age at which the key that signs tokens is replaced', integer(1, 3650)),
  labelBaseDomain: setting('ARCHON_LABEL_BASE_DOMAIN', 'cpaas.io', 'domain of the labels and annotations that Archon writes', dnsDomain),
  clusterAllowedNetworks: setting(
    'ARCHON_CLUSTER_ALLOWED_NETWORKS',
    '',
    'addresses or ranges (CIDR) besides public ones that API servers may have, separated by commas, such as 10.0.0.0/8',
    addressRanges,
  ),
  issuerAllowedNetworks: setting(
    'ARCHON_ISSUER_ALLOWED_NETWORKS',
    '',
    'addresses or ranges (CIDR) besides public ones that identity providers may have; one with 127.0.0.1 also allows http:// to this machine',
    addressRanges,
  ),
  loginRedirects: setting(
    'ARCHON_LOGIN_REDIRECTS',
    '',
    'URIs to which a login at an identity provider may send the browser with its code, letter by letter, separated by commas',
    (value) =>
      value
        .split(',')
        .map((uri) => uri.trim())
        .filter((uri) => uri !== ''),
  ),
  issuerTimeoutMs: setting('ARCHON_ISSUER_TIMEOUT_MS', '5000', 'time for a whole answer of an identity provider', integer(100, 60_000)),
  issuerOutageSeconds: setting(
    'ARCHON_ISSUER_OUTAGE_SECONDS',
    '14400',
    'so long sessions and keys of an identity provider that does not answer go on',
    integer(60, 604_800),
  ),
  clusterConnectTimeoutMs: setting('ARCHON_CLUSTER_CONNECT_TIMEOUT_MS', '3000', 'time to connect to a cluster', integer(100, 60_000)),
  clusterResponseTimeoutMs: setting(
    'ARCHON_CLUSTER_RESPONSE_TIMEOUT_MS',
    '10000',
    "time until the first byte of a cluster's answer",
    integer(100, 300_000),
  ),
  maxBodyBytes: setting(
    'ARCHON_MAX_BODY_BYTES',
    String(3 * 1024 * 1024),
    'largest request body outside the proxy',
    integer(1024, 64 * 1024 * 1024),
  ),
  maxRequestsPerUser: setting(
    'ARCHON_MAX_REQUESTS_PER_USER',
    '400',
    'requests (not streams) that one user may have under way at one replica',
    integer(1, 100_000),
  ),
  maxStreamsPerUser: setting(
    'ARCHON_MAX_STREAMS_PER_USER',
    '50',
    'watches, followed logs, terminals and other streams of one user at one replica',
    integer(1, 100_000),
  ),
  maxShellsPerUser: setting(
    'ARCHON_MAX_SHELLS_PER_USER',
    '10',
    'sessions of exec, attach and port-forward of one user at one replica',
    integer(1, 10_000),
  ),
  maxStreamsPerCluster: setting('ARCHON_MAX_STREAMS_PER_CLUSTER', '1000', 'streams of one cluster at one replica', integer(1, 100_000)),
  maxStreams: setting('ARCHON_MAX_STREAMS', '5000', 'streams at one replica', integer(1, 100_000)),
  shellIdleSeconds: setting(
    'ARCHON_SHELL_IDLE_SECONDS',
    '900',
    'exec, attach or port-forward in which nothing passes for so long ends',
    integer(1, 604_800),
  ),
  shellMaxSeconds: setting('ARCHON_SHELL_MAX_SECONDS', '28800', 'exec, attach or port-forward ends after so long', integer(1, 604_800)),
  heartbeatSeconds: setting(
    'ARCHON_HEARTBEAT_SECONDS',
    '30',
    'how often the client of an upgraded connection is pinged: less than the idle limit of load balancers on the way',
    integer(1, 3600),
  ),
  allowedOrigins: setting(
    'ARCHON_ALLOWED_ORIGINS',
    '',
    'origins besides that of the public URL whose pages may open WebSockets, separated by commas, such as https://console.example.org',
    origins,
  ),
  workloadProxy: setting(
    'ARCHON_WORKLOAD_PROXY',
    'administrators',
    'who may use the proxies of Services and Pods, where the RBAC of the cluster allows it: administrators, everybody or nobody',
    oneOf('administrators', 'everybody', 'nobody'),
  ),
  auditRequired: setting(
    'ARCHON_AUDIT_REQUIRED',
    'true',
    'true: a change is made only when the audit log holds it, and refused with 503 otherwise; false: recorded within 200 ms',
    oneOf('true', 'false'),
  ),
  auditMaxDelayMs: setting(
    'ARCHON_AUDIT_MAX_DELAY_MS',
    '5000',
    'how long a change waits for its record, and how far a slow audit log may lag, before changes are refused',
    integer(50, 60_000),
  ),
  auditReads: setting('ARCHON_AUDIT_READS', 'false', 'true: plain reads that are allowed are recorded too', oneOf('true', 'false')),
  auditRetentionDays: setting(
    'ARCHON_AUDIT_RETENTION_DAYS',
    '365',
    'how long audit events are kept; whole months are dropped when their last day is older',
    integer(1, 36_500),
  ),
  auditHeadMinutes: setting(
    'ARCHON_AUDIT_HEAD_MINUTES',
    '10',
    'how often the end of the audit chain is signed and logged',
    integer(1, 1440),
  ),
  index: setting(
    'ARCHON_INDEX',
    'true',
    'true: the objects of all clusters are followed and kept in the index; false: this replica follows no cluster',
    (value) => oneOf('true', 'false')(value) === 'true',
  ),
  indexKinds: setting('ARCHON_INDEX_KINDS', INDEXED_KINDS, 'resources that the index follows where a cluster has them', resources),
  indexOmit: setting(
    'ARCHON_INDEX_OMIT',
    '',
    'fields that the index leaves out, as resource:/json/pointer, separated by commas, such as nodes:/status/images; * is any',
    resourceFields,
  ),
  listConnections: setting(
    'ARCHON_LIST_CONNECTIONS',
    '4',
    'connections to Postgres on which lists of the index are read: so many at a time, others wait',
    integer(1, 200),
  ),
  listSeconds: setting('ARCHON_LIST_SECONDS', '10', 'a list of the index that takes longer is given up', integer(1, 600)),
  indexEventDays: setting('ARCHON_INDEX_EVENT_DAYS', '3', "how long the index keeps Kubernetes' events", integer(1, 365)),
  applicationVersions: setting(
    'ARCHON_APPLICATION_VERSIONS',
    '100',
    'how many versions of an application are kept; the oldest go first',
    integer(1, 100_000),
  ),
  applicationVersionDays: setting(
    'ARCHON_APPLICATION_VERSION_DAYS',
    '30',
    'how long the versions of a deleted application are kept',
    integer(0, 3650),
  ),
  shutdownDelaySeconds: setting(
    'ARCHON_SHUTDOWN_DELAY_SECONDS',
    '5',
    'at shutdown, time to go on serving while /readyz says 503, so that load balancers turn away first',
    integer(0, 600),
  ),
  shutdownSeconds: setting('ARCHON_SHUTDOWN_SECONDS', '20', 'time that running requests get at shutdown after that', integer(0, 600)),
  logLevel: setting(
    'ARCHON_LOG_LEVEL',
    'info',
    'least severe level that is logged',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  ),
} as const;

export type Config = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['read']> };
