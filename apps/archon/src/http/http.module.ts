import { Global, Module } from '@nestjs/common';
import { PublicEndpoint } from './public-endpoint.service.js';

@Global()
@Module({ providers: [PublicEndpoint], exports: [PublicEndpoint] })
export class HttpModule {}
