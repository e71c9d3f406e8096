import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KeySetController } from './key-set.controller.js';
import { OwnJwts } from './own-jwts.service.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { SigningKeysController } from './signing-keys.controller.js';
import { SigningKeys } from './signing-keys.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([SigningKeyEntity])],
  controllers: [KeySetController, SigningKeysController],
  providers: [SigningKeys, OwnJwts],
  exports: [SigningKeys, OwnJwts],
})
export class SigningModule {}
