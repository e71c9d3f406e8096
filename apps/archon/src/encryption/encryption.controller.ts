import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { EncryptionResponse } from './encryption.dto.js';
import { EncryptionService } from './encryption.service.js';

@ApiTags('encryption')
@Controller('acp/v1/encryption')
@Allow('administrator')
@ApiFailures(401, 403)
export class EncryptionController {
  constructor(private readonly encryption: EncryptionService) {}

  /** Tells which keys encrypt the stored values, and how many each. */
  @Get()
  @Allow('auditor')
  @ApiOperation({ operationId: 'getEncryption' })
  get(): Promise<EncryptionResponse> {
    return this.encryption.get();
  }

  /** Begins to bring all stored values under the first key of the key file; nothing has to stop meanwhile. */
  @Post('rekey')
  @HttpCode(202)
  @ApiOperation({ operationId: 'rekey' })
  rekey(): Promise<EncryptionResponse> {
    return this.encryption.rekey();
  }
}
