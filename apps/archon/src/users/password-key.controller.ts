import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/allow.decorator.js';
import { PasswordKeys } from './password-keys.service.js';
import { PasswordPublicKeyResponse } from './users.dto.js';

@ApiTags('users')
@Controller('auth/v1/pubkey')
export class PasswordKeyController {
  constructor(private readonly keys: PasswordKeys) {}

  /** The key with which a client may encrypt passwords before it sends them. */
  @Get()
  @Public('a public key, needed before the login')
  @ApiOperation({ operationId: 'getPasswordPublicKey', security: [] })
  get(): PasswordPublicKeyResponse {
    const pubkey = this.keys.publicKey;
    return { ts: String(Math.floor(Date.now() / 1000)), pubkey, pubkey_encode: Buffer.from(pubkey).toString('base64') };
  }
}
