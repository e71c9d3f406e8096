import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exclusively } from './exclusive.js';
import { kubeconfigOf, processName } from './control-plane-programs.js';
import type { LabContext } from './lab-context.js';
import { claimNodeNetwork, releaseNodeNetwork } from './node-network-claims.js';
import type { NodeNetwork } from './node-networks.js';
import { ensureNodePrograms, type NodePrograms, whyNoPackages } from './node-programs.js';
import type { Program } from './processes.js';
import { ProgramError, run } from './run.js';

/** Exit code of `lab node bridge` on a machine that can't run a node. */
const UNAVAILABLE = 3;

/** A node with a real kubelet, in namespaces of its own. */
export interface RealNode {
  name: string;
  network: NodeNetwork;
  program: Program;
}

/** Folder of a cluster's node. */
const nodeFolder = (clusterFolder: string) => path.join(clusterFolder, 'node');
const nodeSpecFile = (clusterFolder: string) => path.join(nodeFolder(clusterFolder), 'spec.json');

/**
 * Fetches what a real node needs, chooses its network and creates its bridge, so that an API server can bind to it. Answers the reason
 * when this machine can't run one: not root, no Debian or Ubuntu, kernel features missing.
 */
export async function prepareRealNode(
  lab: LabContext,
  cluster: string,
  clusterFolder: string,
  certificates: string,
  waitingFor: (what: string) => void,
): Promise<RealNode | { unavailable: string }> {
  if (process.getuid?.() !== 0) return { unavailable: 'a real node needs root' };
  const noPackages = whyNoPackages();
  if (noPackages !== undefined) return { unavailable: noPackages };
  const programs = await ensureNodePrograms(lab.cache, waitingFor);
  const images = await ensureImages(lab, programs, waitingFor);
  const network = await claimNodeNetwork(lab.cache, lab.state, cluster, waitingFor);
  const name = `${cluster}-node`;
  const folder = nodeFolder(clusterFolder);
  await mkdir(folder, { recursive: true });
  const spec = JSON.stringify(nodeSpec({ name, network, programs, images, lab, cluster, clusterFolder, certificates }), null, 2);
  const file = nodeSpecFile(clusterFolder);
  await writeFile(`${file}.new`, spec);
  await rename(`${file}.new`, file);
  try {
    const changes = await run(lab.programs.lab, ['node', 'bridge', '--spec', file]);
    if (changes) waitingFor(changes.trim());
  } catch (error) {
    if (!(error instanceof ProgramError) || error.code !== UNAVAILABLE) throw error;
    await releaseNodeNetwork(lab.cache, lab.state, cluster);
    return { unavailable: error.message };
  }
  const program = { name: processName(cluster, 'node'), file: lab.programs.lab, args: ['node', 'up', '--spec', file], inputs: [spec] };
  return { name, network, program };
}

/** Removes what outlives a killed node: cable, control groups, bridge. `fallback` runs when the program that started the node is gone. */
export async function removeRealNode(clusterFolder: string, fallback: () => Promise<string>): Promise<void> {
  const file = nodeSpecFile(clusterFolder);
  if (!existsSync(file)) return;
  const { program } = JSON.parse(await readFile(file, 'utf8')) as { program: string };
  await run(existsSync(program) ? program : await fallback(), ['node', 'down', '--spec', file]);
}

function nodeSpec(parts: {
  name: string;
  network: NodeNetwork;
  programs: NodePrograms;
  images: string;
  lab: LabContext;
  cluster: string;
  clusterFolder: string;
  certificates: string;
}): object {
  const { name, network, programs, images, lab, cluster, clusterFolder, certificates } = parts;
  return {
    name,
    program: lab.programs.lab,
    state: nodeFolder(clusterFolder),
    logs: lab.processes.logs,
    logPrefix: `${cluster}-`,
    bridge: network.name,
    cgroup: network.name,
    hostAddress: network.hostAddress,
    address: network.nodeAddress,
    prefixLength: network.prefixLength,
    podCIDR: network.podCidr,
    serviceCIDR: network.serviceCidr,
    path: programs.path,
    libraryPath: programs.libraryPath,
    xtablesPath: programs.xtablesPath,
    cniPath: programs.cniPath,
    images,
    keep: [lab.state, lab.cache],
    clientCA: path.join(certificates, 'ca.crt'),
    certificate: path.join(certificates, 'kubelet.crt'),
    key: path.join(certificates, 'kubelet.key'),
    kubeconfigs: {
      kubelet: kubeconfigOf({ folder: clusterFolder }, 'kubelet'),
      kubeProxy: kubeconfigOf({ folder: clusterFolder }, 'kube-proxy'),
      coreDNS: kubeconfigOf({ folder: clusterFolder }, 'coredns'),
    },
  };
}

/** The tar of the demo images, made once per busybox and server. */
async function ensureImages(lab: LabContext, programs: NodePrograms, waitingFor: (what: string) => void): Promise<string> {
  const file = path.join(lab.programs.folder, `images-${programs.id}.tar`);
  await exclusively(lab.cache, 'making of images', waitingFor, async () => {
    if (existsSync(file)) return;
    waitingFor('making of images');
    const web = path.join(lab.programs.folder, 'web');
    await run(lab.programs.lab, ['images', '--busybox', programs.busybox, '--web', web, '--out', `${file}.new`]);
    await rename(`${file}.new`, file);
  });
  return file;
}
