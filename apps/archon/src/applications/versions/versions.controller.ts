import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../auth/allow.decorator.js';
import { Caller } from '../../auth/caller.decorator.js';
import { Principal } from '../../auth/principal.js';
import { Scoped } from '../../auth/scoped.decorator.js';
import { ApiFailures } from '../../http/api-failures.decorator.js';
import { Documents } from '../../http/documents.decorator.js';
import { SNAPSHOT_EXAMPLE } from './version-examples.js';
import {
  CompareVersionsQuery,
  ListVersionsQuery,
  SnapshotQuery,
  VersionDiffResponse,
  VersionListResponse,
  VersionQuery,
  VersionResponse,
  WholeVersionResponse,
} from './versions.dto.js';
import { VersionsService } from './versions.service.js';

@ApiTags('applications')
@Controller('acp/v1/kubernetes/:cluster/namespaces/:namespace/applications/:name')
@Allow('authenticated')
@ApiFailures(400, 401, 403, 404, 422, 503, 504)
export class VersionsController {
  constructor(private readonly versions: VersionsService) {}

  /** Lists the versions of an application, newest first. They are there for a while after it was deleted, too. */
  @Get('versions')
  @ApiOperation({ operationId: 'listApplicationVersions' })
  list(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: ListVersionsQuery,
  ): Promise<VersionListResponse> {
    return this.versions.list(caller, { cluster, namespace }, name, query);
  }

  /** Gets one version with its manifests. Of Secrets their keys are shown and no value. */
  @Get('versions/:revision')
  @ApiOperation({ operationId: 'getApplicationVersion' })
  get(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Param('revision') revision: string,
    @Query() query: VersionQuery,
  ): Promise<WholeVersionResponse> {
    return this.versions.get(caller, { cluster, namespace }, name, revision, query.uid);
  }

  /** Compares a version with another one, or with what is in the cluster. Of Secrets it is told which fields differ, and no value. */
  @Get('versions/:revision/diff')
  @ApiOperation({ operationId: 'compareApplicationVersions' })
  compare(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Param('revision') revision: string,
    @Query() query: CompareVersionsQuery,
  ): Promise<VersionDiffResponse> {
    return this.versions.compare(caller, { cluster, namespace }, name, revision, query);
  }

  /** Makes a version of an application as it is now: for what was changed by other ways than Archon. */
  @Post('snapshot')
  @HttpCode(200)
  @Scoped({ verbs: ['update'] })
  @ApiOperation({ operationId: 'snapshotApplication' })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody({
    required: true,
    description: 'An `ApplicationSnapshot` of app.k8s.io/v1beta1. Its `spec.user` is not read: the version names the caller.',
    schema: { type: 'object', additionalProperties: true },
    examples: { snapshot: { summary: 'With a change cause', value: SNAPSHOT_EXAMPLE } },
  })
  @ApiFailures(409, 413, 415)
  snapshot(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: SnapshotQuery,
    @Documents() documents: unknown[],
  ): Promise<VersionResponse> {
    return this.versions.snapshot(caller, { cluster, namespace }, name, documents, query);
  }
}
