import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { CertificateAuthority, type CertificateRequest } from '#pki';
import { accept } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { FakeIssuer } from '../support/fake-issuer.js';
import { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

interface Answer {
  status: number;
  text: string;
}

let archon: Archon;
let authority: CertificateAuthority;
let stranger: CertificateAuthority;
let numbers = 0;

/** Servers that nobody may believe: each shows a certificate that is wrong in one way. */
const BAD: [string, () => CertificateAuthority, Partial<CertificateRequest>][] = [
  ['of an authority that is not known', () => stranger, {}],
  ['that has expired', () => authority, { days: -0.001 }],
  ['for another host', () => authority, { sans: ['elsewhere.example.org'] }],
  ['for another address', () => authority, { sans: ['127.0.0.2'] }],
  ['of a client', () => authority, { usages: ['client'] }],
];
const certificate = (by: CertificateAuthority, wrong: Partial<CertificateRequest> = {}) =>
  by.issue({ commonName: 'server', sans: ['127.0.0.1'], usages: ['server'], ...wrong });
const caData = (of = authority) => Buffer.from(of.certPem).toString('base64');
const ending: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_ISSUER_ALLOWED_NETWORKS: '127.0.0.1' } });
  authority = await CertificateAuthority.create('known');
  stranger = await CertificateAuthority.create('stranger');
});
afterAll(async () => {
  await archon?.dispose();
  for (const end of ending) await end();
});

async function startIssuer(by = authority, wrong: Partial<CertificateRequest> = {}): Promise<FakeIssuer> {
  const issuer = await FakeIssuer.start(by, wrong);
  ending.push(() => issuer.close());
  return issuer;
}

async function startCluster(of = authority): Promise<RecordingApiServer> {
  const cluster = await RecordingApiServer.start({ authority: of });
  ending.push(() => cluster.close());
  return cluster;
}

const registerIssuer = (name: string, { url }: FakeIssuer, spec: object = {}): Promise<Answer> =>
  archon.client.post('/acp/v1/identityproviders', {
    metadata: { name },
    spec: { issuer: url, clientId: 'archon', certificateAuthorityData: caData(), claims: { username: 'sub' }, ...spec },
  });
const registerCluster = (name: string, kubeconfig: string, spec: object = {}): Promise<Answer> =>
  archon.client.post('/acp/v1/clusters', { metadata: { name }, spec: { kubeconfig, ...spec } });
const whoami = async (token: string) => (await archon.client.as(token).get('/acp/v1/whoami')).status;

describe('an issuer', () => {
  it.each(BAD)('T31 CVE-2022-31105: is not registered with a certificate %s', async (_, by, wrong) => {
    const issuer = await startIssuer(by(), wrong);
    const { status, text } = await registerIssuer('bad', issuer);
    expect([status, text]).toEqual([422, expect.stringContaining('spec.issuer')]);
    expect(issuer.requests).toEqual([]);
  });

  it.each(BAD)('T31 CVE-2022-31105: is not believed any more once it shows a certificate %s', async (_, by, wrong) => {
    const issuer = await startIssuer();
    // A name of its own: users of an issuer that has gone stay bound to it.
    const name = `turns-${++numbers}`;
    expect((await registerIssuer(name, issuer)).status).toBe(201);
    const claims = { sub: 'jane', aud: 'archon' };
    expect(await whoami(await issuer.sign(claims))).toBe(200);
    issuer.useCertificate(await certificate(by(), wrong));
    issuer.requests.length = 0;
    // Its keys must be read anew for this one.
    await issuer.addKey('k2');
    const token = await issuer.sign(claims);
    await eventually(async () => archon.log.includes('an identity provider could not be reached') || (await whoami(token)) === 200, {
      what: 'the issuer to be asked',
      timeoutMs: 15_000,
    });
    expect([await whoami(token), issuer.requests]).toEqual([401, []]);
    expect((await archon.client.delete(`/acp/v1/identityproviders/${name}`)).status).toBe(204);
    archon.log = '';
  });
});

describe('a cluster', () => {
  it.each(BAD)('T31 CVE-2023-32198: is not registered with a certificate %s, and gets no credential', async (_, by, wrong) => {
    const cluster = await startCluster();
    cluster.useCertificate(await certificate(by(), wrong));
    const { status, text } = await registerCluster('bad', cluster.kubeconfig());
    expect(status, text).toBeGreaterThanOrEqual(400);
    expect((await archon.client.get('/acp/v1/clusters/bad')).status).toBe(404);
    expect(cluster.requests).toEqual([]);
  });

  it('T31 CVE-2023-32198: gets nothing any more once it shows a certificate that is wrong', async () => {
    const cluster = await startCluster();
    expect((await registerCluster('turns', cluster.kubeconfig())).status).toBe(201);
    const path = '/kubernetes/turns/api/v1/namespaces/default/pods';
    expect((await archon.client.get(path)).status).toBe(200);
    for (const [what, by, wrong] of BAD) {
      cluster.useCertificate(await certificate(by(), wrong));
      await archon.client.patch('/acp/v1/clusters/turns', { spec: { displayName: what } });
      cluster.closeConnections();
      await eventually(async () => (await archon.client.get(path)).status === 503, { what: `a certificate ${what} to be refused` });
      const before = cluster.requests.length;
      expect([(await archon.client.get(path)).status, cluster.requests.length - before], what).toEqual([503, 0]);
    }
  });
});

describe('verification', () => {
  it('T31 CVE-2025-67601: cannot be switched off, neither in a kubeconfig nor by a field', async () => {
    const cluster = await startCluster();
    const config = parse(cluster.kubeconfig()) as { clusters: { cluster: Record<string, unknown> }[] };
    Object.assign(config.clusters[0]?.cluster ?? {}, { 'insecure-skip-tls-verify': true });
    expect((await registerCluster('insecure', stringify(config))).status).toBe(422);
    for (const field of ['insecureSkipTLSVerify', 'insecureSkipTlsVerify', 'insecure', 'skipVerify', 'tlsVerify'])
      expect((await registerCluster('insecure', cluster.kubeconfig(), { [field]: true })).status, field).toBe(422);
    const issuer = await startIssuer();
    for (const field of ['insecureSkipTLSVerify', 'insecureSkipVerify', 'insecure', 'tlsVerify'])
      expect((await registerIssuer('insecure', issuer, { [field]: true })).status, field).toBe(422);
    expect(cluster.requests).toEqual([]);
    expect((await registerCluster('given', cluster.kubeconfig())).status).toBe(201);
    const given = (await archon.client.get('/auth/v1/clusters/given/kubeconfig')).text;
    expect(given).not.toContain('insecure');
    expect(given).toContain('certificate-authority-data');
    expect(Buffer.from(caOf(given), 'base64').toString()).toContain((await readFile(`${archon.state}/tls/ca.crt`, 'utf8')).trim());
  });

  it('T31 CVE-2025-23390: of one cluster or issuer rests on its own authority, and not on the one of another', async () => {
    const [own, foreign] = [await startCluster(authority), await startCluster(stranger)];
    expect((await registerCluster('own', own.kubeconfig())).status).toBe(201);
    const mixed = parse(foreign.kubeconfig()) as { clusters: { cluster: Record<string, unknown> }[] };
    Object.assign(mixed.clusters[0]?.cluster ?? {}, { 'certificate-authority-data': caData() });
    expect((await registerCluster('foreign', stringify(mixed))).status).toBeGreaterThanOrEqual(400);
    expect((await registerIssuer('own', await startIssuer())).status).toBe(201);
    expect((await registerIssuer('foreign', await startIssuer(stranger))).status).toBe(422);
    expect((await registerIssuer('public', await startIssuer(), { certificateAuthorityData: undefined })).status).toBe(422);
    expect(foreign.requests).toEqual([]);
    accept({
      row: 'T31',
      what: 'clusters and issuers with wrong certificates, at the registration and later',
      volume: `${BAD.length} kinds of certificates`,
      result: '0 believed, 0 credentials sent',
    });
  });
});

const caOf = (kubeconfig: string): string =>
  (parse(kubeconfig) as { clusters: { cluster: Record<string, string> }[] }).clusters[0]?.cluster['certificate-authority-data'] ?? '';
