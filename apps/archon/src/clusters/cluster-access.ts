import { ApiError, invalid, type StatusCause } from '#errors';
import { type ClusterCredential, decodeCertificate, decodePrivateKey, isBearerToken, isKeyOf, readKubeconfig } from '#kubernetes';
import { normalizeApiServerUrl, refusedApiServerUrl } from './api-server-url.js';
import type { ClusterSpecRequest } from './clusters.dto.js';

/** How to reach a cluster, checked. */
export interface ClusterAccess {
  endpoint: string;
  certificateAuthority: string | undefined;
  credential: ClusterCredential;
}

const FIELDS = ['endpoint', 'certificateAuthorityData', 'token', 'clientCertificateData', 'clientKeyData'] as const;

/** Whether a request changes how the cluster is reached. */
export const changesAccess = (spec: ClusterSpecRequest): boolean =>
  spec.kubeconfig !== undefined || FIELDS.some((field) => spec[field] !== undefined);

/**
 * Reads the access from a kubeconfig or from the single fields, never from both.
 * `parse` turns the kubeconfig's text into data. Throws 422 that names the fields.
 */
export function readClusterAccess(spec: ClusterSpecRequest, parse: (text: string) => unknown): ClusterAccess {
  const access = spec.kubeconfig === undefined ? fromFields(spec) : fromKubeconfig(spec, spec.kubeconfig, parse);
  const field = spec.kubeconfig === undefined ? 'spec.endpoint' : 'spec.kubeconfig: clusters[].cluster.server';
  const refused = refusedApiServerUrl(access.endpoint);
  if (refused !== undefined) throw invalid('the cluster', [{ field, message: refused }]);
  return { ...access, endpoint: normalizeApiServerUrl(access.endpoint) };
}

function fromKubeconfig(spec: ClusterSpecRequest, text: string, parse: (text: string) => unknown): ClusterAccess {
  const both = FIELDS.filter((field) => spec[field] !== undefined);
  if (both.length > 0)
    throw invalid(
      'the cluster',
      both.map((field) => ({ field: `spec.${field}`, message: 'must not be given together with spec.kubeconfig' })),
    );
  return readKubeconfig(parseKubeconfig(text, parse), spec.context, 'spec.kubeconfig');
}

/** The parser quotes the line that it can't read, and a line of a kubeconfig may be a key: only the place is told. */
function parseKubeconfig(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    const place = error instanceof ApiError ? (/at line \d+, column \d+/.exec(error.message)?.[0] ?? '') : '';
    throw invalid('the cluster', [{ field: 'spec.kubeconfig', message: `is not valid YAML ${place}`.trim() }]);
  }
}

function fromFields(spec: ClusterSpecRequest): ClusterAccess {
  const causes: StatusCause[] = [];
  if (spec.endpoint === undefined) causes.push({ field: 'spec.endpoint', message: 'is required unless spec.kubeconfig is given' });
  const certificateAuthority = decoded(spec, 'certificateAuthorityData', decodeCertificate, causes);
  const credential = credentialOf(spec, causes);
  if (causes.length > 0 || spec.endpoint === undefined || credential === undefined) throw invalid('the cluster', causes);
  return { endpoint: spec.endpoint, certificateAuthority, credential };
}

function credentialOf(spec: ClusterSpecRequest, causes: StatusCause[]): ClusterCredential | undefined {
  const token = spec.token?.trim() ?? '';
  if (token !== '') {
    if (!isBearerToken(token)) causes.push({ field: 'spec.token', message: 'must be printable ASCII without blanks' });
    return { token };
  }
  const clientCertificate = decoded(spec, 'clientCertificateData', decodeCertificate, causes);
  const clientKey = decoded(spec, 'clientKeyData', decodePrivateKey, causes);
  if (clientCertificate !== undefined && clientKey !== undefined) {
    if (!isKeyOf(clientCertificate, clientKey))
      causes.push({ field: 'spec.clientKeyData', message: 'is not the key of spec.clientCertificateData' });
    return { clientCertificate, clientKey };
  }
  if (spec.clientCertificateData === undefined || spec.clientKeyData === undefined)
    causes.push({ field: 'spec.token', message: 'is required unless spec.clientCertificateData and spec.clientKeyData are given' });
  return undefined;
}

function decoded(
  spec: ClusterSpecRequest,
  field: 'certificateAuthorityData' | 'clientCertificateData' | 'clientKeyData',
  decode: (base64: string) => string | undefined,
  causes: StatusCause[],
): string | undefined {
  const value = spec[field];
  if (value === undefined) return undefined;
  const text = decode(value);
  if (text === undefined) causes.push({ field: `spec.${field}`, message: 'must be PEM in base64' });
  return text;
}
