import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config.module.js';
import { clientAddress } from './client-address.js';

/** From which address a request comes, seen past the proxies that the settings trust. */
@Injectable()
export class ClientAddresses {
  constructor(private readonly config: AppConfig) {}

  of(request: IncomingMessage): string {
    return clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], this.config.trustedProxies);
  }
}
