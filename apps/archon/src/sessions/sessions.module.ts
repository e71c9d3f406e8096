import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SigningModule } from '../signing/signing.module.js';
import { UsersModule } from '../users/users.module.js';
import { LoginController } from './login.controller.js';
import { LoginService } from './login.service.js';
import { RefreshTokenEntity } from './refresh-token.entity.js';
import { SessionEntity } from './session.entity.js';
import { SessionSweep } from './session-sweep.service.js';
import { SessionVerifier } from './session-verifier.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { TokenController } from './token.controller.js';
import { TokenGrants } from './token-grants.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([RefreshTokenEntity, SessionEntity]), SigningModule, UsersModule],
  controllers: [LoginController, SessionsController, TokenController],
  providers: [LoginService, SessionSweep, SessionVerifier, SessionsService, TokenGrants],
  exports: [SessionVerifier, SessionsService, TokenGrants],
})
export class SessionsModule {}
