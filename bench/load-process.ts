// A process of its own, so that making the load and what is measured have a processor each. Reads a LoadRequest as JSON from
// standard input, as it holds a token; prints a Load as JSON.
import http from 'node:http';
import https from 'node:https';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon, { type Result } from 'autocannon';
import type { Load, LoadRequest } from './load.js';
import { percentile } from './statistics.js';

interface Answers {
  /** Milliseconds of each. */
  times: number[];
  seconds: number;
}

/** Each connection asks again as soon as it is answered. */
async function asFastAsPossible({ url, connections, seconds, headers, tls }: LoadRequest): Promise<Answers> {
  const times: number[] = [];
  const result = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon({ url, connections, duration: seconds, headers, tlsOptions: tls }, (error: Error | null, ended) =>
      error === null ? resolve(ended) : reject(error),
    );
    instance.on('response', (_client, _status, _bytes, responseTimeMs) => times.push(responseTimeMs));
  });
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${url}: ${times.length} answers, ${result.non2xx} of them not 2xx, ${result.errors} errors`);
  return { times, seconds: result.duration };
}

/** Requests at fixed times. Each is timed from when it was due, so that a server that stalls is charged for all that it held up. */
async function atRate(request: LoadRequest, rate: number): Promise<Answers> {
  const client = request.url.startsWith('https:') ? https : http;
  const agent = new client.Agent({ keepAlive: true, maxSockets: request.connections, ...request.tls, rejectUnauthorized: false });
  const begin = performance.now();
  const answers: Promise<number>[] = [];
  for (let number = 0; number < rate * request.seconds; number++) {
    const due = begin + (number * 1000) / rate;
    while (performance.now() < due) await sleep(Math.max(0, due - performance.now()));
    answers.push(once(client, agent, request, due));
  }
  const times = await Promise.all(answers);
  agent.destroy();
  return { times, seconds: (performance.now() - begin) / 1000 };
}

async function once(client: typeof http | typeof https, agent: http.Agent, { url, headers }: LoadRequest, due: number): Promise<number> {
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    client.get(url, { agent, headers }, resolve).once('error', reject);
  });
  await buffer(answer);
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`);
  return performance.now() - due;
}

const request = JSON.parse(await text(process.stdin)) as LoadRequest;
const { times, seconds } = await (request.rate === undefined ? asFastAsPossible(request) : atRate(request, request.rate));
if (times.length === 0) throw new Error(`${request.url}: no answers`);
const load: Load = {
  requests: times.length,
  requestsPerSecond: times.length / seconds,
  p50Ms: percentile(times, 0.5),
  p99Ms: percentile(times, 0.99),
};
process.stdout.write(JSON.stringify(load));
