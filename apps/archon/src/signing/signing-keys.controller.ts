import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { SigningKeyListResponse, toSigningKeyListResponse } from './signing.dto.js';
import { SigningKeys } from './signing-keys.service.js';

@ApiTags('signing keys')
@Controller('auth/v1/signingkeys')
@ApiFailures(401, 403)
export class SigningKeysController {
  constructor(private readonly keys: SigningKeys) {}

  /** Lists the keys that sign and verify tokens, newest first. */
  @Get()
  @Allow('auditor')
  @ApiOperation({ operationId: 'listSigningKeys' })
  list(): SigningKeyListResponse {
    return toSigningKeyListResponse(this.keys.list());
  }

  /** Makes a new key that signs from now on. Tokens that older keys have signed stay valid until they end. */
  @Post('rotate')
  @HttpCode(200)
  @Allow('administrator')
  @ApiOperation({ operationId: 'rotateSigningKeys' })
  async rotate(): Promise<SigningKeyListResponse> {
    await this.keys.rotate();
    return toSigningKeyListResponse(this.keys.list());
  }
}
