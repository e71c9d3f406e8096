import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { AppConfig } from '../config.module.js';
import { Passwords } from './passwords.service.js';
import { LOCAL, UserEntity } from './user.entity.js';
import { objectNameOf } from './user-object.js';

/** Name of the user who is there at the first start. */
export const FIRST_ADMINISTRATOR = 'admin';

const LOCK = 7_264_501_340;

/**
 * Makes the first administrator, once: only while there is no user at all. One who was removed or demoted on purpose is never made again.
 * The password is random; it is written to `<state>/admin-password` (mode 0600) and must be changed at the first login.
 */
@Injectable()
export class FirstAdministrator implements OnModuleInit {
  constructor(
    @InjectRepository(UserEntity) private readonly rows: Repository<UserEntity>,
    private readonly passwords: Passwords,
    private readonly config: AppConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.rows.manager.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK]);
      if (await manager.exists(UserEntity, {})) return;
      const password = randomBytes(18).toString('base64url');
      await this.write(password);
      await manager.insert(UserEntity, {
        id: randomUUID(),
        name: FIRST_ADMINISTRATOR,
        objectName: objectNameOf(FIRST_ADMINISTRATOR),
        displayName: 'Administrator',
        source: LOCAL,
        password: await this.passwords.hash(password),
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

  /** Before the user is there: a start that is broken off in between makes another password. */
  private async write(password: string): Promise<void> {
    await mkdir(this.config.stateDir, { recursive: true, mode: 0o700 });
    const file = path.join(this.config.stateDir, 'admin-password');
    await rm(file, { force: true }); // an old file would keep its mode
    await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  }
}
