import { ApiError, gatewayTimeout, unavailable } from '#errors';

/** One text for all of these: whether an internal name exists is nobody's business. */
const NO_ADDRESS = 'its host name leads to no address that clusters may have (ARCHON_CLUSTER_ALLOWED_NETWORKS)';
const UNKNOWN_OR_REFUSED = {
  ERR_ADDRESS_NOT_ALLOWED: NO_ADDRESS,
  ENOTFOUND: NO_ADDRESS,
  EAI_AGAIN: NO_ADDRESS,
  EAI_FAIL: NO_ADDRESS,
  ENODATA: NO_ADDRESS,
};

/** Codes of undici, Node and OpenSSL → what the caller may know: never an address, a path or a stack. */
const REASONS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ...UNKNOWN_OR_REFUSED,
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'the connection could not be established in time',
  PROTOCOL_ERROR: 'its answer is not valid HTTP',
  UND_ERR_DESTROYED: 'its connections are being replaced',
  UND_ERR_CLOSED: 'its connections are being replaced',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not signed by the registered CA',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by the registered CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by the registered CA',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the registered CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not signed by the registered CA',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};
const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
/** Of these codes, the ones of connections that stood, or may have: the cluster may well be reached by another. */
const BROKEN_OFF = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'PROTOCOL_ERROR', ...TIMEOUTS]);
/** Our own doing: connections that are replaced, callers that went away. */
const OWN = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_ABORTED', 'ABORT_ERR']);

/** Turns a failure of the network or of TLS into a 503 or 504 that names the cluster; an ApiError passes through. */
export function connectionFailure(cluster: string, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const reason = failureReason(error);
  return isTimeout(error) ? gatewayTimeout(cluster, reason, error) : unavailable(cluster, reason, error);
}

/** What may be told of a failure of the network or of TLS, without the cluster's name: `the connection was refused`. */
export function failureReason(error: unknown): string {
  if (isOwnTimeout(error)) return 'no complete answer came within the time limit';
  const code = codeOf(error);
  if (code !== undefined && TIMEOUTS.has(code)) return 'no answer came within the time limit';
  return (code !== undefined && REASONS[code]) || (code?.startsWith('ERR_SSL') ? 'the TLS handshake failed' : 'the connection failed');
}

/**
 * What a failed request says about its cluster: there was no connection, one broke or stayed without an answer, or, when the caller or
 * Archon itself ended the request, nothing.
 */
export function failureKind(error: unknown): 'no connection' | 'broken' | 'nothing' {
  if (isOwnTimeout(error)) return 'broken';
  const code = codeOf(error);
  if (error instanceof ApiError || code === undefined || OWN.has(code)) return 'nothing';
  return code in REASONS || code.startsWith('ERR_SSL') ? (BROKEN_OFF.has(code) ? 'broken' : 'no connection') : 'broken';
}

/** Whether a failure says that the host is unknown or not to be connected to; the two are told alike. */
export function isAddressFailure(error: unknown): boolean {
  return (codeOf(error) ?? '') in UNKNOWN_OR_REFUSED;
}

/** Whether the failure says that the cluster can't be reached, as opposed to an answer of it. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 503 || error.code === 504) && error.details?.cluster !== undefined;
}

/** Of `AbortSignal.timeout`. */
const isOwnTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

const isTimeout = (error: unknown): boolean => isOwnTimeout(error) || TIMEOUTS.has(codeOf(error) ?? '');

function codeOf(error: unknown): string | undefined {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return undefined;
}
