import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TokensModule } from '../tokens/tokens.module.js';
import { AuthenticationGuard } from './authentication.guard.js';
import { Authenticator } from './authenticator.service.js';
import { JwtStrategy } from './jwt.strategy.js';

@Global()
@Module({
  imports: [TokensModule],
  providers: [JwtStrategy, Authenticator, { provide: APP_GUARD, useClass: AuthenticationGuard }],
  exports: [Authenticator],
})
export class AuthModule {}
