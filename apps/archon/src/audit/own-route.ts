/** What a request to one of Archon's own routes is about, in the words of requests to clusters. */
export interface OwnRequest {
  cluster: string;
  resource: string;
  verb: string;
  namespace: string;
  name: string;
}

const VERBS: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/**
 * Reads a route's template and its parameters: the last literal segment is the resource, a parameter behind it the name.
 * `/acp/v1/clusters/:cluster` of c1 is the resource `clusters` with the name c1, and of the cluster c1.
 */
export function ownRequest(method: string, template: string, parameters: Readonly<Record<string, string>>): OwnRequest {
  const segments = template.split('/').filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  const named = last.startsWith(':');
  return {
    cluster: parameters.cluster ?? '',
    resource: segments.findLast((segment) => !segment.startsWith(':')) ?? '',
    verb: VERBS[method] ?? (named ? 'get' : 'list'),
    namespace: parameters.namespace ?? '',
    name: named ? (parameters[last.slice(1)] ?? '') : '',
  };
}

/** The name that an answer, or else a request, gives an object: of nothing else in them is known that it is no secret. */
export function objectName(...documents: unknown[]): string {
  for (const document of documents) {
    const { metadata, id, name } = fields(document);
    const found = [fields(metadata).name, name, id].find((value) => typeof value === 'string' && value !== '');
    if (found !== undefined) return found as string;
  }
  return '';
}

/** `reason` of a Status; of the failures of OAuth 2 (RFC 6749 §5.2) the `error`. */
export function failureReason(answer: unknown): string {
  const { kind, reason, error } = fields(answer);
  const found = kind === 'Status' ? reason : error;
  return typeof found === 'string' ? found : '';
}

export const fields = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
