import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import {
  CreateTrustRuleRequest,
  TrustRuleListResponse,
  TrustRuleResponse,
  TrustRuleWriteQuery,
  UpdateTrustRuleRequest,
} from './trust-rules.dto.js';
import { TrustRulesService } from './trust-rules.service.js';

@ApiTags('trustrules')
@Controller('acp/v1/trustrules')
@ApiFailures(401, 403)
export class TrustRulesController {
  constructor(private readonly rules: TrustRulesService) {}

  /** Says which jobs of an identity provider get a token for theirs (RFC 8693), as whom, and what it is good for. */
  @Post()
  @Allow('administrator')
  @ApiOperation({ operationId: 'createTrustRule' })
  @ApiFailures(400, 409, 413, 415, 422)
  create(
    @Caller() caller: Principal,
    @Body() request: CreateTrustRuleRequest,
    @Query() query: TrustRuleWriteQuery,
  ): Promise<TrustRuleResponse> {
    return this.rules.create(caller, request, { dryRun: query.dryRun === 'All' });
  }

  /** Lists the trust rules; nothing of it is secret. */
  @Get()
  @Allow('auditor')
  @ApiOperation({ operationId: 'listTrustRules' })
  list(): Promise<TrustRuleListResponse> {
    return this.rules.list();
  }

  /** Gets one trust rule. */
  @Get(':rule')
  @Allow('auditor')
  @ApiOperation({ operationId: 'getTrustRule' })
  @ApiFailures(404)
  get(@Param('rule') rule: string): Promise<TrustRuleResponse> {
    return this.rules.get(rule);
  }

  /** Changes everything but the identity provider. The tokens that the rule gave end at once, on every replica. */
  @Patch(':rule')
  @Allow('administrator')
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiOperation({ operationId: 'patchTrustRule' })
  @ApiFailures(400, 404, 409, 413, 415, 422)
  patch(
    @Param('rule') rule: string,
    @Body() request: UpdateTrustRuleRequest,
    @Query() query: TrustRuleWriteQuery,
  ): Promise<TrustRuleResponse> {
    return this.rules.patch(rule, request, { dryRun: query.dryRun === 'All' });
  }

  /** Removes a rule. The tokens that it gave end at once, on every replica. */
  @Delete(':rule')
  @HttpCode(204)
  @Allow('administrator')
  @ApiOperation({ operationId: 'deleteTrustRule' })
  @ApiFailures(404)
  delete(@Param('rule') rule: string): Promise<void> {
    return this.rules.delete(rule);
  }
}
