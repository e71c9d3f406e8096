import { badRequest, forbidden } from '#errors';

/** Kubernetes' way for browsers, which can't set headers on a WebSocket (kubernetes PR 47740). */
const BEARER_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';
const MAX_TOKEN_BYTES = 8192;
const TOKEN = /^[\x21-\x7e]+$/;

/** The values of a header in names and values in turn. */
const valuesOf = (rawHeaders: readonly string[], name: string): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);

/**
 * The `Authorization` of a request to change the protocol: the header itself, or a token offered as WebSocket sub-protocol. Throws 400 when
 * there are both, several, or one that is not exactly as Kubernetes writes it; another protocol must be offered with it, to be selected.
 */
export function upgradeAuthorization(rawHeaders: readonly string[]): string | undefined {
  const [header, ...others] = valuesOf(rawHeaders, 'authorization');
  const protocols = valuesOf(rawHeaders, 'sec-websocket-protocol').flatMap((value) => value.split(',').map((text) => text.trim()));
  const credentials = protocols.filter((protocol) => protocol.toLowerCase().startsWith(BEARER_PROTOCOL));
  if (others.length > 0 || credentials.length > 1 || (header !== undefined && credentials.length === 1))
    throw badRequest('the request carries more than one credential: send the header "authorization", or one sub-protocol with a token');
  const [credential] = credentials;
  if (credential === undefined) return header;
  if (!protocols.some((protocol) => protocol !== '' && protocol !== credential))
    throw badRequest('besides the sub-protocol with the token another one must be offered, such as v5.channel.k8s.io');
  return `Bearer ${decodedToken(credential)}`;
}

/**
 * Throws 403 when a page of another origin may be behind a request to change the protocol: browsers let any page open a WebSocket.
 * Origins are compared letter by letter. Without an Origin it is no browser, which then can send its token in a header.
 */
export function requireAllowedOrigin(rawHeaders: readonly string[], allowed: ReadonlySet<string>): void {
  const origins = valuesOf(rawHeaders, 'origin');
  const [origin] = origins;
  if (origin === undefined) {
    if (
      valuesOf(rawHeaders, 'authorization').length === 0 &&
      valuesOf(rawHeaders, 'sec-websocket-protocol').join().includes(BEARER_PROTOCOL)
    )
      throw forbidden('without the header "origin" the token must be sent in the header "authorization"');
  } else if (origins.length > 1 || !allowed.has(origin))
    throw forbidden('pages of this origin may not connect: an administrator can allow it with ARCHON_ALLOWED_ORIGINS');
}

function decodedToken(protocol: string): string {
  const encoded = protocol.slice(BEARER_PROTOCOL.length);
  const bytes = Buffer.from(encoded, 'base64url');
  const token = bytes.toString('latin1');
  if (
    !protocol.startsWith(BEARER_PROTOCOL) ||
    bytes.toString('base64url') !== encoded ||
    !TOKEN.test(token) ||
    bytes.length > MAX_TOKEN_BYTES
  )
    throw badRequest(`the sub-protocol with the token must be "${BEARER_PROTOCOL}" and the token in base64url without padding`);
  return token;
}
