import type { Socket } from 'node:net';

interface Connection {
  id: number;
  /** The TCP socket under TLS: a TLS socket can't send an RST itself. */
  tcp: Socket;
}

/** The TCP connections of a server, found again by the address of their client. */
export class Connections {
  /** All that were ever accepted, those that failed the TLS handshake included. */
  accepted = 0;
  private readonly byPeer = new Map<string, Connection>();

  add(tcp: Socket): void {
    const peer = toPeer(tcp);
    this.byPeer.set(peer, { id: ++this.accepted, tcp });
    tcp.on('close', () => this.byPeer.delete(peer));
  }

  get open(): number {
    return this.byPeer.size;
  }

  /** 0 for a connection that has closed already. */
  idOf(socket: Socket): number {
    return this.byPeer.get(toPeer(socket))?.id ?? 0;
  }

  /** RST; nothing happens to a connection that has closed already. */
  reset(socket: Socket): void {
    this.byPeer.get(toPeer(socket))?.tcp.resetAndDestroy();
  }

  resetAll(): void {
    for (const { tcp } of this.byPeer.values()) tcp.resetAndDestroy();
  }
}

function toPeer({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
