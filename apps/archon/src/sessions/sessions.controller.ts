import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { SessionListResponse, toSessionResponse } from './sessions.dto.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('sessions')
@Controller('auth/v1')
@Allow('authenticated')
@ApiFailures(401, 403)
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  /** Lists the caller's sessions, or everybody's for administrators and auditors. */
  @Get('sessions')
  @ApiOperation({ operationId: 'listSessions' })
  async list(@Caller() caller: Principal): Promise<SessionListResponse> {
    const rows = await this.sessions.list(caller);
    return { kind: 'SessionList', items: rows.map((row) => toSessionResponse(row, caller.provenBy.id)) };
  }

  /** Ends a session. */
  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteSession' })
  @ApiFailures(404)
  delete(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.sessions.delete(caller, id);
  }

  /** Ends the session whose access token the request carries. */
  @Post('logout')
  @HttpCode(204)
  @ApiOperation({ operationId: 'logout' })
  @ApiFailures(400)
  logout(@Caller() caller: Principal): Promise<void> {
    return this.sessions.logout(caller);
  }
}
