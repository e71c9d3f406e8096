import { afterAll, beforeAll, expect, it } from 'vitest';
import { accept } from './support/acceptance.js';
import { Archon } from './support/archon.js';
import { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

interface Cluster {
  metadata: { resourceVersion: string };
  status: { warnings: string[]; expirations: { what: string; at: string }[] };
}

const PATH = '/acp/v1/clusters';
const METRIC = 'archon_cluster_credential_expiry_timestamp_seconds';
const seconds = (days: number) => Math.floor(Date.now() / 1000) + days * 86_400;
const tokenUntil = (exp: number) => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.signature`;
const iso = (at: number) => new Date(at * 1000).toISOString();

const SOON = seconds(13);
const LATE = seconds(15);

let archon: Archon;
let soon: RecordingApiServer;
let late: RecordingApiServer;

beforeAll(async () => {
  [archon, soon, late] = await Promise.all([
    Archon.start(),
    RecordingApiServer.start({ token: tokenUntil(SOON) }),
    RecordingApiServer.start({ token: tokenUntil(LATE) }),
  ]);
  await archon.registerKubeconfig('soon', soon.kubeconfig());
  await archon.registerKubeconfig('late', late.kubeconfig());
});
afterAll(() => Promise.all([archon?.dispose(), soon?.close(), late?.close()]));

const cluster = async (name: string) => (await archon.client.get<Cluster>(`${PATH}/${name}`)).body;
const expiryWarnings = ({ status }: Cluster) => status.warnings.filter((text) => text.includes('expire'));
const lines = () => archon.log.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
const told = () => lines().filter(({ expiresAt }) => expiresAt !== undefined);
const metric = async (name: string, what: string) => {
  const { text } = await archon.client.get('/metrics');
  return Number(new RegExp(`^${METRIC}\\{cluster="${name}",what="${what}"\\} (\\S+)$`, 'm').exec(text)?.[1]);
};

it('T122 warns of what ends within 14 days: in the status, a metric, and the log of the day', { timeout: 60_000 }, async () => {
  expect(expiryWarnings(await cluster('soon'))).toEqual([`the token expires on ${iso(SOON)}`]);
  expect(expiryWarnings(await cluster('late'))).toEqual([]);
  expect(told()).toEqual([]);
  await archon.stop();
  await archon.run();
  await eventually(() => lines().some(({ ending }) => ending === 1), { what: 'the line of the day', timeoutMs: 20_000 });
  expect(told()).toEqual([expect.objectContaining({ cluster: 'soon', what: 'token', expiresAt: iso(SOON) })]);
  expect([await metric('soon', 'token'), await metric('late', 'token')]).toEqual([SOON, LATE]);
  for (const token of [soon.token, late.token]) expect(archon.log).not.toContain(token);
});

it('T122 notices that an API server has another certificate by now, without a change of the registration', {
  timeout: 60_000,
}, async () => {
  const before = await cluster('late');
  const servingBefore = await metric('late', 'serving certificate');
  const sans = ['127.0.0.1', 'localhost'];
  late.useCertificate(await late.authority.issue({ commonName: 'recording-api-server', sans, usages: ['server'], days: 3 }));
  await archon.stop();
  await archon.run();
  await eventually(() => told().some((line) => line.cluster === 'late'), { what: 'the warning', timeoutMs: 20_000 });
  const after = await cluster('late');
  const serving = after.status.expirations.find(({ what }) => what === 'serving certificate')?.at ?? '';
  expect(Date.parse(serving) / 1000).toBeLessThan(seconds(3) + 60);
  expect(expiryWarnings(after)).toEqual([`the serving certificate expires on ${serving}`]);
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  expect([await metric('late', 'serving certificate'), servingBefore > seconds(300)]).toEqual([Date.parse(serving) / 1000, true]);
  accept({
    row: 'T122',
    what: 'expiry is warned of 14 days ahead',
    volume: 'token, serving certificate',
    result: 'status, metric and log',
  });
});
