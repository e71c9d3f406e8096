import { Global, Module } from '@nestjs/common';
import { ClientAddresses } from './client-addresses.service.js';
import { PublicEndpoint } from './public-endpoint.service.js';

@Global()
@Module({ providers: [ClientAddresses, PublicEndpoint], exports: [ClientAddresses, PublicEndpoint] })
export class HttpModule {}
