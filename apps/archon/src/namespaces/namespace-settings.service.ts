import { readFile } from 'node:fs/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppConfig } from '../config.module.js';
import { RolesService } from '../roles/roles.service.js';
import type { NamespaceSetting } from './namespace-objects.js';

/** What all namespaces have in common: the domain of labels, the roles that may be given in them, the pull secret. */
@Injectable()
export class NamespaceSettings implements OnModuleInit {
  private pullSecret: string | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly roles: RolesService,
  ) {}

  async onModuleInit(): Promise<void> {
    const { pullSecretFile } = this.config;
    if (pullSecretFile === undefined) return;
    const text = await readFile(pullSecretFile, 'utf8');
    if (!isDockerConfig(text)) throw new Error('ARCHON_PULL_SECRET_FILE: must be a JSON with "auths", as docker login writes it');
    this.pullSecret = Buffer.from(text).toString('base64');
  }

  async current(): Promise<NamespaceSetting> {
    return { domain: this.config.labelBaseDomain, roles: await this.roles.namespaceRoles(), pullSecret: this.pullSecret };
  }
}

function isDockerConfig(text: string): boolean {
  try {
    const config = JSON.parse(text) as { auths?: unknown } | null;
    return typeof config?.auths === 'object' && config.auths !== null;
  } catch {
    return false; // not JSON; what stands in it is a secret and is not told
  }
}
