import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exclusively } from './exclusive.js';
import { chooseNodeNetwork, type NodeNetwork, NODE_NETWORKS, nodeNetwork, readRoutes } from './node-networks.js';

interface Claim {
  state: string;
  cluster: string;
}

/**
 * The network of a cluster's real node: the one it had before, else a free one, noted in the cache folder that all labs of the user share.
 * A claim ends with `releaseNodeNetwork`, or when its state folder is gone. Throws when all are taken.
 */
export function claimNodeNetwork(cache: string, state: string, cluster: string, waitingFor: (what: string) => void): Promise<NodeNetwork> {
  const folder = path.join(cache, 'networks');
  return exclusively(folder, 'choice of a network', waitingFor, async () => {
    await mkdir(folder, { recursive: true });
    const claims = await readClaims(folder);
    for (const [number, claim] of claims) if (isOf(claim, state, cluster)) return nodeNetwork(number);
    const chosen = chooseNodeNetwork(readRoutes(await readFile('/proc/net/route', 'utf8')), new Set(claims.keys()));
    if (!chosen) throw new Error(`all ${NODE_NETWORKS} networks of real nodes are taken; ${folder} says by whom`);
    await writeFile(path.join(folder, `${chosen.number}.json`), JSON.stringify({ state, cluster } satisfies Claim));
    return chosen;
  });
}

export function releaseNodeNetwork(cache: string, state: string, cluster: string): Promise<void> {
  const folder = path.join(cache, 'networks');
  return exclusively(
    folder,
    'choice of a network',
    () => undefined,
    async () => {
      for (const [number, claim] of await readClaims(folder)) {
        if (isOf(claim, state, cluster)) await rm(path.join(folder, `${number}.json`));
      }
    },
  );
}

async function readClaims(folder: string): Promise<Map<number, Claim>> {
  const claims = new Map<number, Claim>();
  if (!existsSync(folder)) return claims;
  for (const file of await readdir(folder)) {
    const claim = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as Claim;
    if (existsSync(claim.state)) claims.set(Number.parseInt(file, 10), claim);
  }
  return claims;
}

function isOf(claim: Claim, state: string, cluster: string): boolean {
  return claim.state === state && claim.cluster === cluster;
}
