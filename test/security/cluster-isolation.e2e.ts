import ipaddr from 'ipaddr.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AddressPolicy, type ClusterConnection, Connections, KubernetesGateway, OWN_CREDENTIAL } from '#kubernetes';
import { CertificateAuthority } from '#pki';
import { accept, volume } from '../support/acceptance.js';
import { Archon } from '../support/archon.js';
import { RecordingApiServer } from '../support/recording-api-server.js';
import { eventually } from '../support/wait-for.js';

type Status = { code: number; reason: string; message: string };

const policy = new AddressPolicy([ipaddr.parseCIDR('127.0.0.0/8')]);

describe('client certificates', () => {
  it('S-21 T13 CVE-2026-56850 CVE-2026-48934 CVE-2026-58040 CVE-2026-109383: of two clusters are never mixed up, while they rotate every second', {
    timeout: volume({ ci: 120_000, nightly: 600_000 }),
  }, async () => {
    // Half of the catalogue's nightly volume: what a night holds beside the other rows.
    const calls = volume({ ci: 10_000, nightly: 50_000 });
    const authorities = await Promise.all(['one', 'two'].map((name) => CertificateAuthority.create(name)));
    const servers = await Promise.all(
      authorities.map((authority) => RecordingApiServer.start({ authority, clientCertificates: 'required' })),
    );
    const connections = new Connections({ connectTimeoutMs: 5000, responseTimeoutMs: 5000 }, policy);
    const kubernetes = new KubernetesGateway(connections);
    const current: ClusterConnection[] = [];
    const rotate = async (index: number) => {
      const generation = (current[index]?.generation ?? 0) + 1;
      const authority = authorities[index] as CertificateAuthority;
      const { certPem, keyPem } = await authority.issue({ commonName: `archon-${index}-${generation}`, usages: ['client'] });
      current[index] = {
        id: `cluster-${index}`,
        name: `cluster-${index}`,
        endpoint: servers[index]?.url ?? '',
        certificateAuthority: authority.certPem,
        credential: { clientCertificate: certPem, clientKey: keyPem },
        generation,
      };
    };
    await Promise.all([rotate(0), rotate(1)]);
    const rotating = setInterval(() => void Promise.all([rotate(0), rotate(1)]), 1000);
    let failures = 0;
    try {
      let left = calls;
      await Promise.all(
        Array.from({ length: 32 }, async () => {
          while (left-- > 0) {
            const cluster = current[left % 2] as ClusterConnection;
            const call = kubernetes.getPath({ cluster, identity: OWN_CREDENTIAL }, `/version?generation=${cluster.generation}`);
            await call.catch(() => failures++);
          }
        }),
      );
    } finally {
      clearInterval(rotating);
    }
    const wrong = servers.flatMap(({ requests }, index) =>
      requests.filter((request) => !(request.tls.clientCommonName ?? '').startsWith(`archon-${index}-`)),
    );
    expect([wrong.length, failures]).toEqual([0, 0]);
    expect(servers.reduce((sum, { requests }) => sum + requests.length, 0)).toBe(calls);

    // With the certificates of the servers swapped, every call fails, on connections kept and new.
    const certificates = await Promise.all(
      authorities.map((authority) => authority.issue({ commonName: 'swapped', sans: ['127.0.0.1', 'localhost'], usages: ['server'] })),
    );
    servers[0]?.useCertificate(certificates[1] as (typeof certificates)[number]);
    servers[1]?.useCertificate(certificates[0] as (typeof certificates)[number]);
    await Promise.all([rotate(0), rotate(1)]);
    const before = servers.map(({ requests }) => requests.length);
    for (let i = 0; i < 20; i++) {
      const cluster = current[i % 2] as ClusterConnection;
      await expect(kubernetes.getPath({ cluster, identity: OWN_CREDENTIAL }, '/version')).rejects.toMatchObject({ code: 503 });
    }
    expect(servers.map(({ requests }) => requests.length)).toEqual(before);
    await connections.close();
    await Promise.all(servers.map((server) => server.close()));
    accept({
      row: 'S-21',
      what: 'client certificates of two clusters with rotation',
      volume: `${calls} calls`,
      result: `${wrong.length} wrong names`,
    });
  });
});

describe('a cluster and its name', () => {
  let archon: Archon;
  beforeAll(async () => void (archon = await Archon.start()));
  afterAll(() => archon?.dispose());

  it('T9 GHSA-g25r-gvq3-wrq7 CVE-2026-44945: another cluster that answers under the endpoint of a registered one gets nothing', {
    timeout: 60_000,
  }, async () => {
    const authority = await CertificateAuthority.create('shared');
    const first = await RecordingApiServer.start({ authority, token: 'the-same-token' });
    const port = Number(new URL(first.url).port);
    await archon.registerKubeconfig('known', first.kubeconfig());
    const path = '/kubernetes/known/api/v1/namespaces/default/configmaps';
    expect((await archon.client.get(path)).status).toBe(200);
    await first.close();

    // The same endpoint, authority and token: only its identity tells it apart.
    const impostor = await RecordingApiServer.start({ authority, token: 'the-same-token', port });
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await archon.client.get<Status>(path));
    await eventually(async () => (await archon.client.get<Status>(path)).body.message.includes('IdentityChanged'), {
      what: 'the change to be noticed',
      timeoutMs: 20_000,
      intervalMs: 200,
    });
    for (const { status } of answers) expect(status).toBe(503);
    expect(impostor.requests.filter((request) => request.path.includes('configmaps'))).toEqual([]);
    const shown = await archon.client.get<{ status: { state: string; reason: string } }>('/acp/v1/clusters/known');
    expect(shown.body.status).toMatchObject({ state: 'Unreachable', reason: expect.stringContaining('IdentityChanged') as string });

    // It is a cluster of its own, under a name of its own.
    await archon.registerKubeconfig('another', impostor.kubeconfig());
    const uids = await archon.database.query<{ id: string }>('select distinct id from clusters');
    expect(uids).toHaveLength(2);
    await impostor.close();
  });

  it('T9: a name that is given to another cluster leads there at once, on every replica, and never back', { timeout: 60_000 }, async () => {
    const replica = await archon.replica();
    const [one, two] = [await RecordingApiServer.start(), await RecordingApiServer.start()];
    const path = '/kubernetes/moving/api/v1/namespaces/default/secrets';
    const ids = new Set<string>();
    for (let round = 0; round < 6; round++) {
      const [now, other] = round % 2 === 0 ? [one, two] : [two, one];
      await archon.registerKubeconfig('moving', now.kubeconfig());
      const seen = await replica.client.get<{ metadata: { uid: string } }>('/acp/v1/clusters/moving');
      ids.add(seen.body.metadata.uid);
      const before = other.requests.length;
      for (const { client } of [archon, replica]) expect((await client.get(path)).status).toBe(200);
      expect(other.requests.slice(before).filter((request) => request.path.endsWith('/secrets'))).toEqual([]);
      expect((await replica.client.delete('/acp/v1/clusters/moving')).status).toBe(204);
      // The message travels through Postgres: an instant, not the two seconds of the cache.
      await eventually(async () => (await archon.client.get(path)).status === 404, {
        what: 'the name to be free',
        timeoutMs: 1000,
        intervalMs: 20,
      });
    }
    expect(ids.size).toBe(6);
    await replica.kill();
    await Promise.all([one.close(), two.close()]);
  });
});
