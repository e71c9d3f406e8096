import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/allow.decorator.js';
import { ApiFailures } from '../http/api-failures.decorator.js';
import { Metrics } from './metrics.service.js';
import { Readiness } from './readiness.service.js';

const OK = { description: 'ok', schema: { type: 'string', example: 'ok' } } as const;

@ApiTags('health')
@Controller()
@Public('probes and scrapers have no token; nothing here tells of users or clusters but their names')
@ApiProduces('text/plain')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
  ) {}

  /** The process answers. */
  @Get('livez')
  @ApiOperation({ operationId: 'livez', security: [] })
  @ApiOkResponse(OK)
  @Header('content-type', 'text/plain; charset=utf-8')
  live(): string {
    return 'ok';
  }

  /** The process can serve: its database answers, and it isn't shutting down. No cluster is asked. */
  @Get('readyz')
  @ApiOperation({ operationId: 'readyz', security: [] })
  @ApiOkResponse(OK)
  @ApiFailures(503)
  @Header('content-type', 'text/plain; charset=utf-8')
  ready(): Promise<string> {
    return this.readiness.check();
  }

  /** The same as `/readyz`, under the older name. */
  @Get('healthz')
  @ApiOperation({ operationId: 'healthz', security: [] })
  @ApiOkResponse(OK)
  @ApiFailures(503)
  @Header('content-type', 'text/plain; charset=utf-8')
  healthy(): Promise<string> {
    return this.readiness.check();
  }

  /** Measurements for Prometheus. */
  @Get('metrics')
  @ApiOperation({ operationId: 'metrics', security: [] })
  @ApiOkResponse({ description: 'Prometheus text format', schema: { type: 'string', example: 'process_cpu_seconds_total 1.2' } })
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  prometheus(): Promise<string> {
    return this.metrics.text();
  }
}
