import { randomUUID } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { LOCAL, UserEntity } from './user.entity.js';

/** Name of the user who is there at the first start. */
export const FIRST_ADMINISTRATOR = 'admin';

const LOCK = 7_264_501_340;

/**
 * Makes the first administrator, once: only while there is no user at all. One who was removed or demoted on purpose is never made again.
 */
@Injectable()
export class FirstAdministrator implements OnModuleInit {
  constructor(@InjectRepository(UserEntity) private readonly rows: Repository<UserEntity>) {}

  async onModuleInit(): Promise<void> {
    await this.rows.manager.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK]);
      if (await manager.exists(UserEntity, {})) return;
      await manager.insert(UserEntity, {
        id: randomUUID(),
        name: FIRST_ADMINISTRATOR,
        displayName: 'Administrator',
        source: LOCAL,
        password: null,
        mustChangePassword: true,
        generation: 0,
        roles: ['administrator'],
        toldGroups: [],
        disabledAt: null,
        createdBy: 'archon',
        createdAt: new Date(),
        lastLoginAt: null,
      });
    });
  }
}
