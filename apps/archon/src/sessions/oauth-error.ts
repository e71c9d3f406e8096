import { ApiError, type Reason, type Status } from '#errors';

/** The error codes of the token endpoint: RFC 6749 (5.2), RFC 8628 (3.5) and RFC 8693 (2.2.2). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token';

const REASONS: Partial<Record<OAuthErrorCode, Reason>> = { invalid_client: 'Unauthorized' };

/**
 * A refusal of the token endpoint: a Kubernetes `Status` like every failure, with the two fields beside it that OAuth clients read. 400, as
 * RFC 6749 has it; 401 for `invalid_client`.
 */
export class OAuthError extends ApiError {
  constructor(
    private readonly error: OAuthErrorCode,
    message: string,
  ) {
    super(REASONS[error] ?? 'BadRequest', message);
  }

  override toStatus(): Status & { error: string; error_description: string } {
    return { ...super.toStatus(), error: this.error, error_description: this.message };
  }
}
