import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { contentHash } from './content-hash.js';
import { exclusively } from './exclusive.js';
import { run } from './run.js';

/** Where the programs of a real node are. */
export interface NodePrograms {
  /** Names these programs; equal for equal content. */
  id: string;
  path: string[];
  libraryPath: string;
  xtablesPath: string;
  cniPath: string;
  busybox: string;
}

// The libraries are those that the programs need beyond what every Debian and Ubuntu has.
const PACKAGES = [
  'busybox-static',
  'containerd',
  'containernetworking-plugins',
  'iptables',
  'libip4tc2',
  'libip6tc2',
  'libmnl0',
  'libnetfilter-conntrack3',
  'libnfnetlink0',
  'libnftnl11',
  'libseccomp2',
  'libxtables12',
  'runc',
];
const IPTABLES = ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'];

/** Why a node's programs can't be fetched on this machine; undefined when they can. */
export function whyNoPackages(): string | undefined {
  const missing = ['/usr/bin/apt-get', '/usr/bin/dpkg-deb'].filter((file) => !existsSync(file));
  return missing.length
    ? `a real node takes containerd and runc from Debian or Ubuntu packages, and this machine lacks ${missing.join(' and ')}`
    : undefined;
}

/**
 * Fetches the packages of a node's programs and unpacks them below `<cache>/debs`; nothing is installed into the system.
 * Throws when they can't be fetched.
 */
export async function ensureNodePrograms(cache: string, waitingFor: (what: string) => void): Promise<NodePrograms> {
  const release = await readFile('/etc/os-release', 'utf8');
  const id = contentHash(new Map([['os-release', release]]), [process.arch, ...PACKAGES, ...IPTABLES]);
  const root = path.join(cache, 'debs', id);
  if (!existsSync(root)) {
    await mkdir(path.dirname(root), { recursive: true });
    await exclusively(cache, 'fetching of packages', waitingFor, async () => {
      if (!existsSync(root)) await unpackPackages(cache, root, waitingFor);
    });
  }
  const libraryPath = path.join(root, 'usr/lib', await architectureFolder(root));
  return {
    id,
    path: [path.join(root, 'bin'), path.join(root, 'usr/bin'), path.join(root, 'usr/sbin')],
    libraryPath,
    xtablesPath: path.join(libraryPath, 'xtables'),
    cniPath: path.join(root, 'usr/lib/cni'),
    busybox: path.join(root, existsSync(path.join(root, 'usr/bin/busybox')) ? 'usr/bin/busybox' : 'bin/busybox'),
  };
}

async function unpackPackages(cache: string, root: string, waitingFor: (what: string) => void): Promise<void> {
  const fresh = await mkdtemp(path.join(cache, 'debs', '.fetch-'));
  try {
    const debs = await download(path.join(fresh, 'download'), waitingFor);
    const unpacked = path.join(fresh, 'root');
    for (const deb of debs) {
      waitingFor(`unpacking ${path.basename(deb)}`);
      await run('dpkg-deb', ['--extract', deb, unpacked]);
    }
    // In an installed system these names are the work of update-alternatives.
    await mkdir(path.join(unpacked, 'bin'), { recursive: true });
    for (const name of IPTABLES) await symlink('../usr/sbin/xtables-nft-multi', path.join(unpacked, 'bin', name));
    await rename(unpacked, root);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** The package files. First with the system's package lists; where there are none, or outdated ones, with lists of our own. */
async function download(folder: string, waitingFor: (what: string) => void): Promise<string[]> {
  const packages = path.join(folder, 'packages');
  await mkdir(packages, { recursive: true });
  const options = ['-o', `Dir::Cache=${path.join(folder, 'cache')}`, '-o', 'APT::Sandbox::User=root'];
  const ownLists = [...options, '-o', `Dir::State::lists=${path.join(folder, 'lists')}`];
  const get = (chosen: string[]) => run('apt-get', ['download', ...chosen, ...PACKAGES], { cwd: packages });
  await mkdir(path.join(folder, 'cache/archives/partial'), { recursive: true });
  await mkdir(path.join(folder, 'lists/partial'), { recursive: true });
  try {
    waitingFor(`downloading packages: ${PACKAGES.join(', ')}`);
    await get(options);
  } catch {
    try {
      waitingFor('downloading package lists');
      await run('apt-get', ['update', ...ownLists]);
      waitingFor(`downloading packages: ${PACKAGES.join(', ')}`);
      await get(ownLists);
    } catch (cause) {
      throw new Error(`the packages of the real node can't be downloaded (${PACKAGES.join(' ')})`, { cause });
    }
  }
  return (await readdir(packages)).filter((file) => file.endsWith('.deb')).map((file) => path.join(packages, file));
}

/** Such as x86_64-linux-gnu. */
async function architectureFolder(root: string): Promise<string> {
  const found = (await readdir(path.join(root, 'usr/lib'))).find((name) => name.includes('-linux-gnu'));
  if (found === undefined) throw new Error(`no libraries in ${root}`);
  return found;
}
