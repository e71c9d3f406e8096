import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Connections, Discovery, Forwarder, KubernetesGateway, UpgradeForwarder } from '#kubernetes';
import { AppConfig } from './config.module.js';

/** The one gateway to clusters, shared by all features. */
@Global()
@Module({
  providers: [
    {
      provide: Connections,
      useFactory: (config: AppConfig) =>
        new Connections({ connectTimeoutMs: config.clusterConnectTimeoutMs, responseTimeoutMs: config.clusterResponseTimeoutMs }),
      inject: [AppConfig],
    },
    { provide: KubernetesGateway, useFactory: (connections: Connections) => new KubernetesGateway(connections), inject: [Connections] },
    { provide: Discovery, useFactory: (kubernetes: KubernetesGateway) => new Discovery(kubernetes), inject: [KubernetesGateway] },
    { provide: Forwarder, useFactory: (connections: Connections) => new Forwarder(connections), inject: [Connections] },
    {
      provide: UpgradeForwarder,
      useFactory: (config: AppConfig) => new UpgradeForwarder(config.clusterConnectTimeoutMs),
      inject: [AppConfig],
    },
  ],
  exports: [Connections, KubernetesGateway, Discovery, Forwarder, UpgradeForwarder],
})
export class KubernetesModule implements OnApplicationShutdown {
  constructor(private readonly connections: Connections) {}

  async onApplicationShutdown(): Promise<void> {
    await this.connections.close();
  }
}
