import { ApiError, type StatusCause, type StatusDetails } from './api-error.js';

export const badRequest = (message: string, causes?: StatusCause[]) => new ApiError('BadRequest', message, causes && { causes });

export const unauthorized = (message = 'a valid bearer token is required: send "Authorization: Bearer <token>"') =>
  new ApiError('Unauthorized', message);

export const forbidden = (message: string, details?: StatusDetails) => new ApiError('Forbidden', message, details);

export const notFound = (kind: string, name: string, group?: string) =>
  new ApiError('NotFound', `${group === undefined ? kind : `${kind}.${group}`} "${name}" not found`, {
    name,
    kind,
    ...(group && { group }),
  });

export const methodNotAllowed = (message: string) => new ApiError('MethodNotAllowed', message);

export const notAcceptable = (message: string) => new ApiError('NotAcceptable', message);

export const alreadyExists = (message: string, details?: StatusDetails) => new ApiError('AlreadyExists', message, details);

export const conflict = (message: string, details?: StatusDetails) => new ApiError('Conflict', message, details);

export const requestTooLarge = (limitBytes: number) =>
  new ApiError('RequestEntityTooLarge', `the request body is larger than the limit of ${limitBytes} bytes`);

export const unsupportedMediaType = (sent: string, accepted: readonly string[]) =>
  new ApiError('UnsupportedMediaType', `the media type "${sent}" is not supported here; send one of: ${accepted.join(', ')}`);

/** 422: each cause names its field; the message repeats them, because many clients print only the message. */
export const invalid = (subject: string, causes: StatusCause[], details?: StatusDetails) =>
  new ApiError('Invalid', `${subject} is invalid: ${causes.map((c) => `${c.field}: ${c.message}`).join('; ')}`, { ...details, causes });

/** 503 that names the cluster, so that a caller of many clusters knows which one failed. */
export const unavailable = (cluster: string, why: string, cause?: unknown) =>
  new ApiError(
    'ServiceUnavailable',
    `cluster "${cluster}" is unavailable: ${why}`,
    { cluster, kind: 'clusters', name: cluster, retryAfterSeconds: 5 },
    { cause },
  );

/** 504: the cluster took the connection but gave no answer in time. */
export const gatewayTimeout = (cluster: string, why: string, cause?: unknown) =>
  new ApiError(
    'Timeout',
    `cluster "${cluster}" did not answer in time: ${why}`,
    { cluster, kind: 'clusters', name: cluster, retryAfterSeconds: 5 },
    { cause },
  );
