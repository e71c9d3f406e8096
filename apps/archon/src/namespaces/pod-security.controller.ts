import { Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { KubernetesObject } from '#kubernetes';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { PodSecuritySampleListResponse } from './namespaces.dto.js';
import { PodSecurityPolicies } from './pod-security-policies.service.js';

@ApiTags('namespaces')
@Controller('acp/v1')
@Allow('authenticated')
@ApiFailures(401, 403, 404)
export class PodSecurityController {
  constructor(private readonly policies: PodSecurityPolicies) {}

  /** Lists the samples of pod security that can be applied to namespaces. */
  @Get('pod-security-samples')
  @ApiOperation({ operationId: 'listPodSecuritySamples' })
  list(): PodSecuritySampleListResponse {
    return { items: [...this.policies.list()] };
  }

  /** Applies a sample to a namespace of a project, as a Policy of Kyverno. */
  @Put('kubernetes/:cluster/namespaces/:namespace/pod-security-samples/:sample')
  @ApiOperation({ operationId: 'applyPodSecuritySample' })
  @ApiOkResponse({ description: 'The Policy', schema: { type: 'object', additionalProperties: true } })
  @ApiFailures(400, 409, 422, 503, 504)
  apply(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('sample') sample: string,
  ): Promise<KubernetesObject> {
    return this.policies.apply(caller, cluster, namespace, sample);
  }

  /** Takes it back. */
  @Delete('kubernetes/:cluster/namespaces/:namespace/pod-security-samples/:sample')
  @HttpCode(204)
  @ApiOperation({ operationId: 'removePodSecuritySample' })
  @ApiFailures(400, 409, 503, 504)
  remove(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('sample') sample: string,
  ): Promise<void> {
    return this.policies.remove(caller, cluster, namespace, sample);
  }
}
