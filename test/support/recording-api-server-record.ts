import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** Who speaks on a TLS connection. */
export interface TlsPeer {
  /** CN of the client certificate, when one was sent and the server's authority signed it. */
  clientCommonName: string | undefined;
  /** The name that the client asked for (SNI). */
  servername: string | undefined;
  /** The handshake took up an earlier session instead of verifying certificates again. */
  sessionReused: boolean;
}

/** A request as it came over the wire. */
export class RecordedRequest {
  readonly method: string;
  /** The request target, byte for byte: neither decoded nor normalised. */
  readonly url: string;
  /** Names and values in turn, in the sender's order and case, duplicates kept. */
  readonly rawHeaders: readonly string[];
  /** Milliseconds since 1970, when the headers were complete. */
  readonly at = Date.now();
  readonly tls: TlsPeer;
  /** Complete by the time that hooks run. */
  body: Buffer = Buffer.alloc(0);
  /** What the client sent after an upgrade: one entry per WebSocket message (with its channel byte) or per chunk of a raw stream. */
  readonly received: { at: number; data: Buffer }[] = [];
  /** The code that was decided on; undefined before, and for connections that got no answer. */
  status: number | undefined;

  constructor(
    /** 1 for the first request of the server. */
    readonly number: number,
    /** The same number for all requests of one TCP connection. */
    readonly connectionId: number,
    message: IncomingMessage,
  ) {
    this.method = message.method ?? '';
    this.url = message.url ?? '';
    this.rawHeaders = [...message.rawHeaders];
    this.tls = toTlsPeer(message.socket as TLSSocket);
  }

  /** The path without its query, still encoded. */
  get path(): string {
    return this.url.split('?', 1)[0] ?? '';
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.url.slice(this.path.length));
  }

  /** All values of a header, one per line that was sent; the name's case doesn't matter. */
  header(name: string): string[] {
    return this.rawHeaders.filter((_, index) => index % 2 === 1 && this.rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase());
  }

  /** Throws a SyntaxError when the body isn't JSON. */
  json(): unknown {
    return JSON.parse(this.body.toString());
  }
}

function toTlsPeer(socket: TLSSocket): TlsPeer {
  const commonName = socket.authorized ? socket.getPeerCertificate().subject.CN : undefined;
  return {
    clientCommonName: Array.isArray(commonName) ? commonName[0] : commonName,
    servername: typeof socket.servername === 'string' ? socket.servername : undefined,
    sessionReused: socket.isSessionReused(),
  };
}
