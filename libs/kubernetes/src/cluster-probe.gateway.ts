import { Client, type Dispatcher } from 'undici';
import type { Probe, Trouble } from './circuit-breaker.js';
import type { ClusterConnection } from './cluster-connection.js';
import { failureReason } from './connection-failure.js';
import { OWN_CREDENTIAL } from './identity.js';
import { parseJson } from './json.js';
import { authenticationHeaders, basePath } from './target.js';

/** What a cluster answered to Archon's own question. `trouble` is undefined when it is well. */
export interface ProbeResult {
  trouble: Trouble | undefined;
  /** HTTP code; undefined when no answer came. */
  code: number | undefined;
  /** `gitVersion`, where the answer held it. */
  version: string | undefined;
}

const PATHS: Record<Probe, string> = { reach: '/version', readiness: '/readyz' };
/** More than `/version` and `/readyz` ever say. */
const MAX_BYTES = 64 * 1024;
const TIMED_OUT = 'no answer came within the time limit';

/** Asks a cluster with Archon's own credential, for `timeoutMs` at most. Never rejects. */
export async function askCluster(cluster: ClusterConnection, probe: Probe, through: Dispatcher, timeoutMs: number): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { statusCode: code, body } = await through.request({
      method: 'GET',
      path: `${basePath(cluster)}${PATHS[probe]}`,
      headers: ['accept', 'application/json', 'user-agent', 'archon', ...authenticationHeaders({ cluster, identity: OWN_CREDENTIAL })],
      signal,
    });
    const text = await readShort(body);
    if (code >= 500) return { code, trouble: { kind: 'erring', reason: `it answers with ${code} only` }, version: undefined };
    return { code, trouble: undefined, version: code === 200 && probe === 'reach' ? versionOf(text) : undefined };
  } catch (error) {
    return {
      code: undefined,
      trouble: { kind: 'unreachable', reason: signal.aborted ? TIMED_OUT : failureReason(error) },
      version: undefined,
    };
  }
}

/** The same over a connection of its own, which is closed afterwards. */
export async function askAnew(cluster: ClusterConnection, probe: Probe, options: Client.Options, timeoutMs: number): Promise<ProbeResult> {
  const client = new Client(new URL(cluster.endpoint).origin, options);
  try {
    return await askCluster(cluster, probe, client, timeoutMs);
  } finally {
    await client.destroy();
  }
}

async function readShort(body: Dispatcher.ResponseData['body']): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > MAX_BYTES) break;
  }
  return text;
}

function versionOf(text: string): string | undefined {
  try {
    const { gitVersion } = parseJson(text) as { gitVersion?: unknown };
    return typeof gitVersion === 'string' ? gitVersion : undefined;
  } catch {
    return undefined; // whatever answers there, it answers
  }
}
