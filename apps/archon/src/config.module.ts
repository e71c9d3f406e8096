import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '#config';

/** The settings as an injectable; libs/config describes each of them. */
export class AppConfig extends (class {} as unknown as new () => Config) {}

@Module({})
export class ConfigModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: AppConfig, useValue: Object.assign(new AppConfig(), config) }],
      exports: [AppConfig],
    };
  }
}
