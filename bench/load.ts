import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { cpuSeconds } from './process-statistics.js';

export interface LoadRequest {
  url: string;
  /** At most, when there is a rate. */
  connections: number;
  /** Requests begun per second, whether or not earlier ones are answered; without it each connection asks again as soon as it is answered. */
  rate?: number;
  seconds: number;
  headers: Record<string, string>;
  /** Values of the header `authorization`, used in turn. */
  authorizations?: string[];
  /** Client certificate and key as PEM, where the server wants them. */
  tls: { cert?: string; key?: string };
}

export interface Load {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

export interface Measurement extends Load {
  /** CPU time of the measured process and its children per request; undefined where none was measured. */
  cpuMicroseconds: number | undefined;
}

/** Puts load on a URL with `lab bench-load` and watches the CPU time of a process meanwhile. Throws when any request fails. */
export async function measure(lab: string, request: LoadRequest, pid: number | undefined): Promise<Measurement> {
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const load = await makeLoad(lab, request);
  const cpuMicroseconds = pid === undefined ? undefined : ((cpuSeconds(pid) - before) * 1e6) / load.requests;
  return { ...load, cpuMicroseconds };
}

async function makeLoad(lab: string, request: LoadRequest): Promise<Load> {
  const child = spawn(lab, ['bench-load']);
  child.stdin.end(JSON.stringify(request));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  if (child.exitCode !== 0) throw new Error(`the load on ${request.url} failed:\n${stderr}`);
  return JSON.parse(stdout) as Load;
}
