import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClustersModule } from '../clusters/clusters.module.js';
import { CustomRoleEntity } from './custom-role.entity.js';
import { CustomRoles } from './custom-roles.service.js';
import { PermissionsController } from './permissions.controller.js';
import { PermissionsService } from './permissions.service.js';
import { RoleInstallationEntity } from './role-installation.entity.js';
import { RoleInstaller } from './role-installer.service.js';
import { RolesController } from './roles.controller.js';
import { RolesService } from './roles.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([CustomRoleEntity, RoleInstallationEntity]), ClustersModule],
  controllers: [PermissionsController, RolesController],
  providers: [CustomRoles, PermissionsService, RoleInstaller, RolesService],
  exports: [RolesService],
})
export class RolesModule {}
