import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { UsersModule } from '../users/users.module.js';
import { AccessTokenEntity } from './access-token.entity.js';
import { AccessTokenVerifier } from './access-token-verifier.service.js';
import { BootstrapToken } from './bootstrap-token.service.js';
import { OwnJwts } from './own-jwts.service.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { SigningKeys } from './signing-keys.service.js';
import { TokensController } from './tokens.controller.js';
import { TokensService } from './tokens.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([AccessTokenEntity, SigningKeyEntity]), UsersModule],
  controllers: [TokensController],
  providers: [SigningKeys, OwnJwts, TokensService, AccessTokenVerifier, BootstrapToken],
  exports: [SigningKeys, OwnJwts, TokensService, AccessTokenVerifier, BootstrapToken],
})
export class TokensModule {}
