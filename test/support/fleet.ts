import { TcpFaultProxy } from '#lab';
import { CertificateAuthority } from '#pki';
import type { Archon } from './archon.js';
import { RecordingApiServer } from './recording-api-server.js';
import { eventually } from './wait-for.js';

/** One cluster of a fleet: an API server of its own, behind a link of its own that can fail. */
export interface FleetMember {
  name: string;
  server: RecordingApiServer;
  link: TcpFaultProxy;
}

/** What a link or a server does while it fails. Both end with `heal`. */
export type Fault = 'drop' | 'RST' | 'TLS stall' | '1 B/s' | 'wrong certificate' | '500s';
export const FAULTS: readonly Fault[] = ['drop', 'RST', 'TLS stall', '1 B/s', 'wrong certificate', '500s'];

const AT_ONCE = 10;

/** Many clusters that Archon knows. One process serves them all, so that they cost little. */
export class Fleet {
  private readonly ends = new Map<FleetMember, () => void>();

  private constructor(
    readonly members: readonly FleetMember[],
    private readonly stranger: CertificateAuthority,
  ) {}

  static async start(archon: Archon, size: number): Promise<Fleet> {
    const [authority, stranger] = await Promise.all([CertificateAuthority.create('fleet'), CertificateAuthority.create('stranger')]);
    const members: FleetMember[] = [];
    const names = Array.from({ length: size }, (_, index) => `f${index}`).values();
    const lane = async () => {
      for (const name of names) {
        const server = await RecordingApiServer.start({ authority });
        const { hostname, port } = new URL(server.url);
        const link = await TcpFaultProxy.listen({ upstreamHost: hostname, upstreamPort: Number(port) });
        server.local.put({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'here', namespace: 'default' },
          data: { cluster: name },
        });
        const kubeconfig = server.kubeconfig().replace(server.url, `https://${link.host}:${link.port}`);
        // Many are connected to at a time: on a busy machine one of them may take longer than Archon waits.
        await eventually(() => archon.registerKubeconfig(name, kubeconfig).then(() => true), {
          what: `${name} to be registered`,
          timeoutMs: 60_000,
        });
        members.push({ name, server, link });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    members.sort((a, b) => Number(a.name.slice(1)) - Number(b.name.slice(1)));
    return new Fleet(members, stranger);
  }

  /** Lets these members fail. A fault that acts on new connections only also cuts the present ones. */
  async fail(fault: Fault, members: readonly FleetMember[]): Promise<void> {
    for (const member of members) {
      const { link, server } = member;
      if (fault === 'drop') link.blackHole();
      else if (fault === 'RST') link.refuse();
      else if (fault === 'TLS stall') link.stallTls();
      else if (fault === '1 B/s') link.bandwidth(1);
      else if (fault === 'wrong certificate') {
        const sans = ['127.0.0.1', 'localhost'];
        server.useCertificate(await this.stranger.issue({ commonName: 'stranger', sans, usages: ['server'] }));
        const own = await server.authority.issue({ commonName: 'recording-api-server', sans, usages: ['server'] });
        this.ends.set(member, () => server.useCertificate(own));
      } else this.ends.set(member, server.on({}, { action: 'answer', status: 500, body: 'broken' }).remove);
      if (fault === 'RST' || fault === 'TLS stall' || fault === 'wrong certificate') link.reset();
    }
  }

  heal(members: readonly FleetMember[]): void {
    for (const member of members) {
      member.link.heal();
      this.ends.get(member)?.();
      this.ends.delete(member);
    }
  }

  /** Connections that the links have accepted, all together. */
  get connects(): number {
    return this.members.reduce((sum, { link }) => sum + link.counters.accepted, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ link }) => link.close()));
    await Promise.all(this.members.map(({ server }) => server.close()));
  }
}

/** The path of the fleet's own object through Archon's proxy. */
export const proxied = (name: string): string => `/kubernetes/${name}/api/v1/namespaces/default/configmaps/here`;

/** The states in the list of clusters, by name. */
export async function statesOf(
  archon: Archon,
): Promise<Record<string, { state: string; reason: string; since: string; lastSeen?: string }>> {
  type List = { items: { metadata: { name: string }; status: { state: string; reason: string; since: string; lastSeen?: string } }[] };
  const { body } = await archon.client.get<List>('/acp/v1/clusters');
  return Object.fromEntries(body.items.map(({ metadata, status }) => [metadata.name, status]));
}

/** Waits until the list shows this state for all of these; milliseconds that it took. */
export async function becomes(archon: Archon, members: readonly FleetMember[], state: string, timeoutMs = 20_000): Promise<number> {
  const begin = performance.now();
  await eventually(
    async () => {
      const states = await statesOf(archon);
      const others = members.filter(({ name }) => states[name]?.state !== state);
      if (others.length > 0)
        throw new Error(`${others.length} are not: ${others[0]?.name} ${JSON.stringify(states[others[0]?.name ?? ''])}`);
      return true;
    },
    { what: `${members.length} clusters to be ${state}`, timeoutMs, intervalMs: 100 },
  );
  return performance.now() - begin;
}
