import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { NamespaceLists } from './namespace-lists.service.js';
import { ListNamespacesQuery, NamespaceListResponse } from './namespaces.dto.js';

@ApiTags('namespaces')
@Controller('acp/v1/projects/:project/namespaces')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 422)
export class ProjectNamespacesController {
  constructor(private readonly lists: NamespaceLists) {}

  /** Lists the namespaces of a project over all its clusters, as they were last seen; no cluster is waited for. */
  @Get()
  @Scoped({ reach: 'handler' })
  @ApiOperation({ operationId: 'listProjectNamespaces' })
  list(
    @Caller() caller: Principal,
    @Param('project') project: string,
    @Query() query: ListNamespacesQuery,
  ): Promise<NamespaceListResponse> {
    return this.lists.ofProject(caller, project, query);
  }
}
