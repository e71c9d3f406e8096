// A process of its own, so that making the load and what is measured have a processor each. Reads a LoadRequest as JSON from
// standard input, as it holds a token; prints a Load as JSON.
import { text } from 'node:stream/consumers';
import autocannon, { type Result } from 'autocannon';
import type { Load, LoadRequest } from './load.js';
import { percentile } from './statistics.js';

const { url, connections, seconds, headers, tls } = JSON.parse(await text(process.stdin)) as LoadRequest;
const times: number[] = [];
const result = await new Promise<Result>((resolve, reject) => {
  const instance = autocannon({ url, connections, duration: seconds, headers, tlsOptions: tls }, (error: Error | null, ended) =>
    error === null ? resolve(ended) : reject(error),
  );
  instance.on('response', (_client, _status, _bytes, responseTimeMs) => times.push(responseTimeMs));
});
if (result.errors > 0 || result.non2xx > 0 || times.length === 0)
  throw new Error(`${url}: ${times.length} answers, ${result.non2xx} of them not 2xx, ${result.errors} errors`);
const load: Load = {
  requests: times.length,
  requestsPerSecond: times.length / result.duration,
  p50Ms: percentile(times, 0.5),
  p99Ms: percentile(times, 0.99),
};
process.stdout.write(JSON.stringify(load));
