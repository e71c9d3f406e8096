import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { AccessReview } from './access-review.service.js';
import { AccessExplanation, CanIRequest, CanIResponse, ExplainAccessRequest } from './rights.dto.js';

@ApiTags('rights')
@Controller('acp/v1')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 413, 415, 422)
export class RightsController {
  constructor(private readonly review: AccessReview) {}

  /** Whether the caller may do something: in a cluster, by its own RBAC, or with Archon's own functions. One question or up to 100. */
  @Post('can-i')
  @HttpCode(200)
  @Scoped({ reach: 'handler', verbs: [] })
  @ApiOperation({ operationId: 'canI' })
  @ApiBody({
    type: CanIRequest,
    examples: {
      cluster: {
        summary: 'A request to a cluster',
        value: { cluster: 'c1', namespace: 'shop-dev', verb: 'create', group: 'apps', resource: 'deployments' },
      },
      several: {
        summary: 'Several questions',
        value: {
          items: [
            { function: 'acp-namespaces', action: 'create', project: 'shop', cluster: 'c1' },
            { cluster: 'c1', verb: 'list', resource: 'nodes' },
          ],
        },
      },
    },
  })
  canI(@Caller() caller: Principal, @Body() request: CanIRequest): Promise<CanIResponse> {
    return this.review.canI(caller, request);
  }

  /** Why somebody may do something, or may not: what decides it, and which grants would change that. */
  @Post('explain-access')
  @HttpCode(200)
  @Scoped({ reach: 'handler', verbs: [] })
  @ApiOperation({ operationId: 'explainAccess' })
  @ApiBody({
    type: ExplainAccessRequest,
    examples: {
      token: {
        summary: 'Of a token',
        value: { token: '6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52', cluster: 'c1', namespace: 'shop-dev', verb: 'create', resource: 'pods' },
      },
      user: {
        summary: 'Of somebody',
        value: { user: 'jane@example.org', cluster: 'c1', namespace: 'shop-dev', verb: 'delete', resource: 'pods' },
      },
    },
  })
  explain(@Caller() caller: Principal, @Body() request: ExplainAccessRequest): Promise<AccessExplanation> {
    return this.review.explain(caller, request);
  }
}
