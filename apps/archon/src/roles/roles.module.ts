import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CustomRoleEntity } from './custom-role.entity.js';
import { RoleInstallationEntity } from './role-installation.entity.js';
import { RolesService } from './roles.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([CustomRoleEntity, RoleInstallationEntity])],
  providers: [RolesService],
  exports: [RolesService],
})
export class RolesModule {}
