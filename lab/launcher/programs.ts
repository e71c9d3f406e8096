import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { contentHash } from './content-hash.js';
import { exclusively } from './exclusive.js';
import { run } from './run.js';

/** The built programs: `lab` and `web`, and a symbolic link to `lab` for each program that it holds. */
export interface Programs {
  folder: string;
  lab: string;
  kubectl: string;
}

const KUBERNETES_VERSION = 'v1.36.3';
const LINKS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok', 'metrics-server'];
const stamp = (name: string, value: string) => `-X k8s.io/component-base/version.${name}=${value}`;
const [major = '', minor = ''] = KUBERNETES_VERSION.slice(1).split('.');
const LINKER = ['-s', '-w', stamp('gitVersion', KUBERNETES_VERSION), stamp('gitMajor', major), stamp('gitMinor', minor)].join(' ');
// Without C and with paths cut off: the same binary on every machine, and no compiler besides Go's.
const BUILD = ['CGO_ENABLED=0', 'GOFLAGS=', 'go', 'build', '-v', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', LINKER];
const INSTALL_GO =
  'install it with `sudo apt-get install golang-go` (1.21 or newer fetches the release it needs) or from https://go.dev/dl/';

/** Builds the lab's programs, once per content, into `<cache>/lab/<hash>`. Takes minutes with cold caches. Throws when Go is missing or fails. */
export async function ensurePrograms(cache: string, waitingFor: (what: string) => void): Promise<Programs> {
  const source = sourceFolder();
  const version = await goVersion(source);
  const hash = contentHash(await sources(source), [...BUILD, version]);
  const folder = path.join(cache, 'lab', hash);
  const programs = { folder, lab: path.join(folder, 'lab'), kubectl: path.join(folder, 'kubectl') };
  if (existsSync(folder)) return programs;
  await mkdir(path.dirname(folder), { recursive: true });
  await exclusively(cache, 'build of the lab', waitingFor, async () => {
    if (existsSync(folder)) return;
    // What a killed build left; the lock says that none is under way.
    for (const left of await readdir(path.dirname(folder))) {
      if (left.startsWith('.build-')) await rm(path.join(cache, 'lab', left), { recursive: true, force: true });
    }
    const fresh = await mkdtemp(path.join(cache, 'lab', '.build-'));
    try {
      await build(source, fresh, waitingFor);
      for (const link of LINKS) await symlink('lab', path.join(fresh, link));
      await rename(fresh, folder);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  });
  return programs;
}

/** The Go module: beside this file's folder in the sources, and at the same place of the checkout when this file was compiled into dist/. */
function sourceFolder(): string {
  const candidates = [path.resolve(import.meta.dirname, '..'), path.resolve(import.meta.dirname, '../../../lab')];
  const found = candidates.find((folder) => existsSync(path.join(folder, 'go.mod')));
  if (found === undefined) throw new Error(`no go.mod in ${candidates.join(' or ')}`);
  return found;
}

async function goVersion(source: string): Promise<string> {
  try {
    return (await run('go', ['env', 'GOVERSION'], { cwd: source })).trim();
  } catch (cause) {
    throw new Error(`local clusters are built with Go, which doesn't run here: ${INSTALL_GO}`, { cause });
  }
}

async function sources(source: string): Promise<Map<string, Buffer>> {
  const files = await readdir(source, { recursive: true });
  const chosen = files.filter((file) => /(^|\/)(go\.mod|go\.sum|[^/]+\.go)$/.test(file) && !file.endsWith('_test.go'));
  return new Map(await Promise.all(chosen.map(async (file) => [file, await readFile(path.join(source, file))] as const)));
}

/** `go build -v` names each module that it fetches and each package once it begins to compile it. */
function build(source: string, target: string, waitingFor: (what: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('env', [...BUILD, '-o', `${target}/`, '.', './web'], { cwd: source, stdio: ['ignore', 'ignore', 'pipe'] });
    let rest = '';
    let packages = 0;
    const last: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        last.push(line);
        if (last.length > 20) last.shift();
        if (line.startsWith('go: downloading ')) waitingFor(line.slice('go: '.length));
        else waitingFor(`compiling, package ${++packages}: ${line}`);
      }
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`go build failed in ${source}:\n${[...last, rest].join('\n')}`)),
    );
  });
}
