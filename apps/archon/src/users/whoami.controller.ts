import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { toWhoAmIResponse, WhoAmIResponse } from './whoami.dto.js';

@ApiTags('users')
@Controller('acp/v1/whoami')
export class WhoAmIController {
  /** Who sends this request, with which groups and roles, and what proves it. */
  @Get()
  @Allow('authenticated')
  @Scoped({ reach: 'handler', verbs: [] })
  @ApiOperation({ operationId: 'whoAmI' })
  @ApiFailures(401, 403)
  get(@Caller() caller: Principal): WhoAmIResponse {
    return toWhoAmIResponse(caller);
  }
}
