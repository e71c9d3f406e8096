import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from '#log';

/** Injection token of the process's logger. */
export const LOGGER = Symbol('logger');

@Module({})
export class LoggerModule {
  static forRoot(logger: Logger): DynamicModule {
    return { module: LoggerModule, global: true, providers: [{ provide: LOGGER, useValue: logger }], exports: [LOGGER] };
  }
}
