import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { AppConfig } from '../config.module.js';
import { FIRST_ADMINISTRATOR } from '../users/first-administrator.service.js';
import { TokensService } from './tokens.service.js';

const DAY_MS = 86_400_000;

/** The first administrator's token, in a file (mode 0600) that only the operator reads. Renewed at start when it no longer holds. */
@Injectable()
export class BootstrapToken implements OnApplicationBootstrap {
  constructor(
    private readonly tokens: TokensService,
    private readonly config: AppConfig,
  ) {}

  get file(): string {
    return path.resolve(this.config.adminTokenFile ?? path.join(this.config.stateDir, 'admin-token'));
  }

  async onApplicationBootstrap(): Promise<void> {
    if (await this.holds()) return;
    const createdAt = await this.tokens.now();
    const { token } = await this.tokens.issue({
      user: FIRST_ADMINISTRATOR,
      description: 'first administrator',
      createdBy: 'archon',
      createdAt,
      expiresAt: new Date(createdAt.getTime() + this.config.tokenMaxDays * DAY_MS),
    });
    await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    await writeFile(`${this.file}.new`, token, { mode: 0o600 });
    await rename(`${this.file}.new`, this.file);
  }

  private async holds(): Promise<boolean> {
    try {
      const token = (await readFile(this.file, 'utf8')).trim();
      return (await this.tokens.findValid(decodeJwt(token).jti ?? '', token)) !== undefined;
    } catch {
      return false; // absent or not a token: a new one is made
    }
  }
}
