import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { AddressPolicy, Connections, Discovery, Forwarder, KubernetesGateway, UpgradeForwarder } from '#kubernetes';
import { AppConfig } from './config.module.js';

/** The one gateway to clusters, shared by all features. */
@Global()
@Module({
  providers: [
    { provide: AddressPolicy, useFactory: (config: AppConfig) => new AddressPolicy(config.clusterAllowedNetworks), inject: [AppConfig] },
    {
      provide: Connections,
      useFactory: (config: AppConfig, addresses: AddressPolicy) =>
        new Connections(
          { connectTimeoutMs: config.clusterConnectTimeoutMs, responseTimeoutMs: config.clusterResponseTimeoutMs },
          addresses,
        ),
      inject: [AppConfig, AddressPolicy],
    },
    { provide: KubernetesGateway, useFactory: (connections: Connections) => new KubernetesGateway(connections), inject: [Connections] },
    { provide: Discovery, useFactory: (kubernetes: KubernetesGateway) => new Discovery(kubernetes), inject: [KubernetesGateway] },
    { provide: Forwarder, useFactory: (connections: Connections) => new Forwarder(connections), inject: [Connections] },
    {
      provide: UpgradeForwarder,
      useFactory: (connections: Connections, config: AppConfig, addresses: AddressPolicy) =>
        new UpgradeForwarder(connections, config.clusterConnectTimeoutMs, addresses, config.heartbeatSeconds * 1000),
      inject: [Connections, AppConfig, AddressPolicy],
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
