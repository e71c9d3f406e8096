import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config.module.js';
import { LRUCache } from 'lru-cache';
import { clientAddress, clientNetwork } from './client-address.js';

/** From which address a request comes, seen past the proxies that the settings trust. */
@Injectable()
export class ClientAddresses {
  /** A connection comes from where it comes from for as long as it lasts: most requests need no parsing. */
  private readonly ofSockets = new WeakMap<Socket, string>();
  private readonly networks = new LRUCache<string, string>({ max: 10_000 });

  constructor(private readonly config: AppConfig) {}

  of(request: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    const forwarded = request.headers['x-forwarded-for'];
    if (forwarded !== undefined && this.config.trustedProxies.length > 0)
      return clientAddress(request.socket.remoteAddress, forwarded, this.config.trustedProxies);
    const known = this.ofSockets.get(request.socket);
    if (known !== undefined) return known;
    const address = clientAddress(request.socket.remoteAddress, undefined, []);
    this.ofSockets.set(request.socket, address);
    return address;
  }

  /** The network of an address: what limits count. */
  networkOf(address: string): string {
    const known = this.networks.get(address);
    if (known !== undefined) return known;
    const network = clientNetwork(address);
    this.networks.set(address, network);
    return network;
  }

  /** Whether a connection is one of a trusted proxy, behind which there may be any number of clients. */
  isTrustedProxy(socket: Socket): boolean {
    return (
      this.config.trustedProxies.length > 0 && clientAddress(socket.remoteAddress, '0.0.0.0', this.config.trustedProxies) === '0.0.0.0'
    );
  }
}
