import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from './client.js';

/** What Archon writes into its state folder once it listens. */
export interface Listening {
  pid: number;
  url: string;
  /** Null for plain HTTP. */
  caFile: string | null;
  adminTokenFile: string;
}

export const listeningFile = (stateFolder: string): string => path.join(stateFolder, 'archon.json');

/** The Archon of a state folder once it listens and says that it is ready; undefined before. */
export async function findReady(stateFolder: string): Promise<Listening | undefined> {
  const listening = read(listeningFile(stateFolder));
  if (listening === undefined) return undefined;
  const client = new Client(listening.url, listening.caFile);
  try {
    return (await client.isReady()) ? listening : undefined;
  } finally {
    await client.close();
  }
}

function read(file: string): Listening | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Listening;
  } catch {
    return undefined; // not there yet, or half written
  }
}
