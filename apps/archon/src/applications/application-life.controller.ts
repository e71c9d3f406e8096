import { Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Caller } from '../auth/caller.decorator.js';
import { Principal } from '../auth/principal.js';
import { Scoped } from '../auth/scoped.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { ApplicationLifeService } from './application-life.service.js';
import { ChangeQuery } from './applications.dto.js';

@ApiTags('applications')
@Controller('acp/v1/kubernetes/:cluster/namespaces/:namespace/applications/:name')
@Allow('authenticated')
@Scoped({ verbs: ['patch'] })
@ApiFailures(400, 401, 403, 404, 409, 422, 503, 504)
export class ApplicationLifeController {
  constructor(private readonly life: ApplicationLifeService) {}

  /** Stops every workload of an application and remembers how it ran: scaled to 0, a DaemonSet bound to no node, a Job or CronJob suspended. */
  @Post('stop')
  @HttpCode(204)
  @ApiOperation({ operationId: 'stopApplication' })
  @ApiNoContentResponse({ description: 'Everything is told to stop, or was stopped; with `dryRun=All`: could be' })
  stop(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: ChangeQuery,
  ): Promise<void> {
    return this.life.stop(caller, { cluster, namespace }, name, { dryRun: query.dryRun === 'All' });
  }

  /** Starts every workload of an application as it ran before it was stopped; one that was stopped otherwise with one replica, or out of its suspension. */
  @Post('start')
  @HttpCode(204)
  @ApiOperation({ operationId: 'startApplication' })
  @ApiNoContentResponse({ description: 'Everything is told to start, or runs; with `dryRun=All`: could be' })
  start(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: ChangeQuery,
  ): Promise<void> {
    return this.life.start(caller, { cluster, namespace }, name, { dryRun: query.dryRun === 'All' });
  }

  /** Replaces the Pods of every Deployment, StatefulSet and DaemonSet of an application that runs, by its update strategy. */
  @Post('restart')
  @HttpCode(204)
  @ApiOperation({ operationId: 'restartApplication' })
  @ApiNoContentResponse({ description: 'Every workload that runs is told to replace its Pods; with `dryRun=All`: could be' })
  restart(
    @Caller() caller: Principal,
    @Param('cluster') cluster: string,
    @Param('namespace') namespace: string,
    @Param('name') name: string,
    @Query() query: ChangeQuery,
  ): Promise<void> {
    return this.life.restart(caller, { cluster, namespace }, name, { dryRun: query.dryRun === 'All' });
  }
}
