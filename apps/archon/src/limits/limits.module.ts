import { Global, Module } from '@nestjs/common';
import { AnonymousRequests } from './anonymous-requests.service.js';
import { ConnectionLimits } from './connection-limits.service.js';
import { UserRequests } from './user-requests.service.js';

@Global()
@Module({
  providers: [AnonymousRequests, ConnectionLimits, UserRequests],
  exports: [AnonymousRequests, ConnectionLimits, UserRequests],
})
export class LimitsModule {}
