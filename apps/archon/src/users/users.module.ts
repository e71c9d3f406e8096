import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountsService } from './accounts.service.js';
import { FirstAdministrator } from './first-administrator.service.js';
import { LoginFailureEntity } from './login-failure.entity.js';
import { LoginLimits } from './login-limits.service.js';
import { PasswordKeyController } from './password-key.controller.js';
import { PasswordKeyEntity } from './password-key.entity.js';
import { PasswordKeys } from './password-keys.service.js';
import { PasswordProof } from './password-proof.service.js';
import { Passwords } from './passwords.service.js';
import { UserEntity } from './user.entity.js';
import { UsersController } from './users.controller.js';
import { UsersService } from './users.service.js';
import { WhoAmIController } from './whoami.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([LoginFailureEntity, PasswordKeyEntity, UserEntity])],
  controllers: [PasswordKeyController, UsersController, WhoAmIController],
  providers: [AccountsService, FirstAdministrator, LoginLimits, PasswordKeys, PasswordProof, Passwords, UsersService],
  exports: [AccountsService, LoginLimits, PasswordKeys, PasswordProof, UsersService],
})
export class UsersModule {}
