import { Injectable } from '@nestjs/common';
import { forbidden, unauthorized } from '#errors';
import type { Client } from '../http/client.js';
import { AccountsService } from '../users/accounts.service.js';
import { PasswordKeys } from '../users/password-keys.service.js';
import { PasswordProof } from '../users/password-proof.service.js';
import type { TokenResponse } from './session-tokens.js';
import type { LoginRequest } from './sessions.dto.js';
import { SessionsService } from './sessions.service.js';

/** Logins with a password. */
@Injectable()
export class LoginService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly keys: PasswordKeys,
    private readonly proof: PasswordProof,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Begins a session. Whatever is wrong with name or password, the answer is the same 401. Throws 403 when the password is right but must
   * be changed; with `newPassword` it is, which ends all other sessions of the user, and with `revokeTokens` their API tokens.
   */
  async login({ username, password, newPassword, revokeTokens = false }: LoginRequest, client: Client): Promise<TokenResponse> {
    const user = await this.proof.prove(username, this.keys.reveal(password, 'password'), client.address);
    // Whether a user exists, is locked or disabled is nobody's business.
    if (user === undefined) throw unauthorized('the user name or the password is wrong, or the account is locked at present');
    if (newPassword === undefined && user.mustChangePassword)
      throw forbidden('the password must be changed: send the login again with the field newPassword');
    const current =
      newPassword === undefined ? user : await this.accounts.setOwnPassword(user, newPassword, { field: 'newPassword', revokeTokens });
    return this.sessions.open(current, { ...client, method: 'password' });
  }
}
