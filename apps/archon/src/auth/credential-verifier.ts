import type { Principal } from './principal.js';

/** What a JWT says of itself before anything of it is checked: only good for finding who can check it. */
export interface UnverifiedClaims {
  iss: string | undefined;
  typ: string | undefined;
  aud: string | string[] | undefined;
}

/** Checks the credentials of one kind. The authenticator asks the first one that `handles` a token, and no other. */
export interface CredentialVerifier {
  handles(claims: UnverifiedClaims): boolean;
  /** Undefined when the token does not hold; throws only when that can't be found out (503). */
  verify(token: string): Promise<Principal | undefined>;
}

/** Injection token of the list of verifiers. */
export const CREDENTIAL_VERIFIERS = Symbol('credential verifiers');
