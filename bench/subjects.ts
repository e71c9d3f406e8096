import { readFileSync } from 'node:fs';
import type { Lab } from '#lab';
import { register } from '../scripts/local/registration.js';
import { startBackground } from './background.js';
import type { BenchArchon } from './bench-archon.js';
import type { LoadRequest } from './load.js';
import type { Target } from './targets.js';

/** One way to the target, to be measured against the others. */
export interface Subject {
  name: string;
  /** The process whose CPU time counts; undefined for none. */
  pid: number | undefined;
  request: Pick<LoadRequest, 'headers' | 'tls'> & { url: string };
}

export const KUBECTL_PROXY = 'kubectl proxy';
/** The same kept from HTTP/2, which it speaks to every API server as they are: to tell what of a difference is the protocol. */
export const KUBECTL_PROXY_HTTP1 = 'kubectl proxy, HTTP/1.1';

/** kubectl proxy with the target's own credential, over plain HTTP. */
export async function startKubectlProxy(
  target: Target,
  lab: Lab,
  name: typeof KUBECTL_PROXY | typeof KUBECTL_PROXY_HTTP1 = KUBECTL_PROXY,
): Promise<Subject & { stop(): Promise<void> }> {
  const { background, ready: address } = await startBackground(
    lab.tools.kubectl,
    ['proxy', '--port=0', `--kubeconfig=${target.kubeconfig}`],
    name === KUBECTL_PROXY ? process.env : { ...process.env, DISABLE_HTTP2: 'true' },
    (output) => /Starting to serve on (\S+)/.exec(output)?.[1],
  );
  return {
    name,
    pid: background.pid,
    request: { url: `http://${address}`, headers: {}, tls: {} },
    stop: () => background.stop(),
  };
}

/** Registers the target with an Archon; the way through its proxy. */
export async function throughArchon(name: string, archon: BenchArchon, target: Target): Promise<Subject> {
  await register(archon.client, { name: target.name, displayName: target.title, kubeconfig: readFileSync(target.kubeconfig, 'utf8') });
  const headers = { authorization: `Bearer ${archon.token}` };
  return { name, pid: archon.pid, request: { url: `${archon.url}/kubernetes/${target.name}`, headers, tls: {} } };
}

export const DIRECT = 'direct';

export function directly(target: Target): Subject {
  return { name: DIRECT, pid: undefined, request: { url: target.url, headers: target.headers, tls: target.tls } };
}
