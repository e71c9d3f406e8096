import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SigningModule } from '../signing/signing.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenEntity } from './access-token.entity.js';
import { AccessTokenVerifier } from './access-token-verifier.service.js';
import { BootstrapToken } from './bootstrap-token.service.js';
import { TokenHash } from './token-hash.service.js';
import { TokenPepperEntity } from './token-pepper.entity.js';
import { TokenRows } from './token-rows.service.js';
import { TokenSweep } from './token-sweep.service.js';
import { TokenUses } from './token-uses.service.js';
import { TokensController } from './tokens.controller.js';
import { TokensService } from './tokens.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([AccessTokenEntity, TokenPepperEntity]), SigningModule, UsersModule],
  controllers: [TokensController],
  providers: [AccessTokenVerifier, BootstrapToken, TokenHash, TokenRows, TokenSweep, TokenUses, TokensService],
  exports: [AccessTokenVerifier, BootstrapToken, TokenUses, TokensService],
})
export class TokensModule {}
