import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

// Below the range that the kernel gives to outgoing connections, so that a port is still free after a stop and a start.
const FIRST = 20_000;
const LAST = 32_000;

/** The ports of one lab. A port once given keeps its purpose over restarts as long as nobody else took it meanwhile. */
export class Ports {
  private readonly file: string;
  private readonly given: Record<string, number>;

  constructor(state: string) {
    this.file = path.join(state, 'ports.json');
    this.given = readGiven(this.file);
  }

  /** A port for a purpose on an address of this machine. `inUse`: what it was given to runs, and listens on it. */
  async get(purpose: string, host: string, inUse: boolean): Promise<number> {
    const known = this.given[purpose];
    if (known !== undefined && (inUse || (await isFree(host, known)))) return known;
    for (;;) {
      const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
      if (Object.values(this.given).includes(port) || !(await isFree(host, port))) continue;
      this.given[purpose] = port;
      writeFileSync(this.file, JSON.stringify(this.given, null, 2));
      return port;
    }
  }
}

function readGiven(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch (error) {
    // A launcher that died while writing leaves half a file: the ports are then chosen anew.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return {};
    throw error;
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
