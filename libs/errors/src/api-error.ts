/** The reasons of Kubernetes' `metav1.StatusReason` that Archon answers with. */
export type Reason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'Gone'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'ServerTimeout'
  | 'ServiceUnavailable'
  | 'Timeout'
  | 'TooManyRequests'
  | 'Unauthorized'
  | 'UnsupportedMediaType';

const HTTP_CODES: Record<Reason, number> = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  Gone: 410,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  RequestEntityTooLarge: 413,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  TooManyRequests: 429,
  Unauthorized: 401,
  UnsupportedMediaType: 415,
};

/** One cause of a failure: `field` is a path such as `spec.componentTemplates[2].metadata.name`. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** `metav1.StatusDetails`, with the cluster, and the operation where one was begun. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  cluster?: string;
  operation?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
  /** Since when the cluster can't be used, RFC 3339. */
  since?: string;
}

/** A failure as Kubernetes' API writes it: `metav1.Status` with `status: Failure`. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure';
  message: string;
  reason: string;
  details?: StatusDetails;
  code: number;
}

/** A failure that the caller is meant to see. Its message says what, why and the remedy, and never holds a secret. */
export class ApiError extends Error {
  readonly code: number;

  constructor(
    readonly reason: Reason,
    message: string,
    readonly details?: StatusDetails,
    options?: ErrorOptions & { code?: number },
  ) {
    super(message, options);
    this.name = 'ApiError';
    this.code = options?.code ?? HTTP_CODES[reason];
  }

  /** The same failure that also names what the thrower knew: cluster, operation, object. */
  with(details: StatusDetails): ApiError {
    return new ApiError(this.reason, this.message, { ...this.details, ...details }, { cause: this, code: this.code });
  }

  /** Rebuilds the failure that a cluster answered with; an unknown reason falls back to the one of its HTTP code. */
  static fromStatus(status: Partial<Status>, httpCode: number): ApiError {
    const reason = status.reason !== undefined && status.reason in HTTP_CODES ? (status.reason as Reason) : reasonOfCode(httpCode);
    return new ApiError(reason, status.message ?? `the cluster answered ${httpCode}`, status.details, { code: httpCode });
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

const DEFAULT_REASONS: Record<number, Reason> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function reasonOfCode(code: number): Reason {
  return DEFAULT_REASONS[code] ?? (code < 500 ? 'BadRequest' : 'InternalError');
}
