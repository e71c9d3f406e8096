import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type Logger, RequestLog } from '#log';
import { AppConfig } from './config.module.js';

/** Injection token of the process's logger. */
export const LOGGER = Symbol('logger');

@Module({})
export class LoggerModule implements OnApplicationShutdown {
  constructor(private readonly requests: RequestLog) {}

  static forRoot(logger: Logger): DynamicModule {
    const requestLog = { provide: RequestLog, useFactory: (config: AppConfig) => new RequestLog(config.logLevel), inject: [AppConfig] };
    return {
      module: LoggerModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }, requestLog],
      exports: [LOGGER, RequestLog],
    };
  }

  onApplicationShutdown(): void {
    this.requests.close();
  }
}
