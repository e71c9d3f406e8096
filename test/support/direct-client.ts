import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent } from 'undici';
import type { TestCluster } from './global-setup.js';
import { ArchonClient } from './http-client.js';

/** A client of a cluster itself, past Archon, as one of `system:masters`: no limit of the API server slows it down. */
export async function directClient({ url, caFile, certificates }: TestCluster): Promise<ArchonClient> {
  const file = (suffix: string) => readFile(path.join(certificates, `apiserver-kubelet-client.${suffix}`), 'utf8');
  const [ca, cert, key] = await Promise.all([readFile(caFile, 'utf8'), file('crt'), file('key')]);
  return new ArchonClient({ url }, new Agent({ connect: { ca, cert, key } }));
}

/** Works on all of `items`, so many at a time; what came out, in their order. */
export async function inLanes<T, R>(items: readonly T[], lanes: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const lane = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
