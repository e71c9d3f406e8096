import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#errors';
import type { ClusterConnection, Discovery, KubernetesGateway, ResourceType } from '#kubernetes';
import type { Logger } from '#log';
import { PLATFORM } from '../auth/platform-identity.js';
import type { ClusterLease } from './cluster-leases.service.js';
import type { IndexedKinds } from './indexed-kinds.repository.js';
import { LeaseLost } from './lease-lost.js';
import type { ObjectWriter } from './object-writer.repository.js';
import { type Pace, PACE, Reflector } from './reflector.gateway.js';
import { Slots } from './slots.js';
import type { OmittedField } from './trimmed-object.js';
import { wantedTypes } from './wanted-types.js';

export interface ClusterReflectorsOptions {
  lease: ClusterLease;
  /** The way to the cluster; undefined when it is no longer registered. */
  connect: () => Promise<ClusterConnection | undefined>;
  kinds: readonly { group: string; resource: string }[];
  omitted: readonly OmittedField[];
  discovery: Discovery;
  kubernetes: KubernetesGateway;
  writer: ObjectWriter;
  numbers: IndexedKinds;
  logger: Logger;
  pace?: Pace;
}

/** How often a cluster is asked which kinds it has by now. */
const LOOK_MS = 30_000;
const REFUSED_MS = 60_000;
const BACKOFF_MS = { first: 1000, longest: 30_000 };
/** Lists of one cluster at a time: each holds a page in memory, and loads the cluster. */
const LISTS = 4;

/** Follows one cluster while this replica holds its lease: a reflector for each wanted kind that the cluster has. */
export class ClusterReflectors {
  private readonly running = new Map<string, { version: string; stop: AbortController; done: Promise<void> }>();
  private readonly ending = new AbortController();
  private readonly lists = new Slots(LISTS);

  constructor(private readonly options: ClusterReflectorsOptions) {}

  stop(): void {
    this.ending.abort();
  }

  /** Goes on until it is stopped or the lease is lost; a cluster that doesn't answer is asked again. */
  async run(): Promise<void> {
    const { signal } = this.ending;
    const { logger, lease } = this.options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const cluster = await this.options.connect();
        if (cluster === undefined) break;
        await this.look(cluster);
        failures = 0;
        await rest(LOOK_MS * (0.75 + Math.random() / 2), signal);
      } catch (error) {
        if (error instanceof LeaseLost) break;
        if (!signal.aborted) logger.debug({ clusterId: lease.clusterId, err: error }, 'a cluster could not be asked for its kinds');
        await rest(backoff(++failures), signal);
      }
    }
    this.stop();
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  private async look(cluster: ClusterConnection): Promise<void> {
    const { discovery, kinds, writer, lease } = this.options;
    const wanted = wantedTypes(kinds, await discovery.resourceTypes(cluster), await discovery.staleGroups(cluster));
    for (const known of await writer.kindsOf(lease.number)) {
      if (wanted.keeps(known)) continue;
      await this.end(keyOf(known));
      await writer.drop({ cluster: lease.number, kind: known.kind, token: lease.token });
    }
    for (const type of wanted.types) {
      const present = this.running.get(keyOf(type));
      if (present?.version === type.version) continue;
      await this.end(keyOf(type));
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, this.ending.signal]);
      this.running.set(keyOf(type), { version: type.version, stop, done: this.follow(cluster, type, signal) });
    }
  }

  private async end(key: string): Promise<void> {
    const present = this.running.get(key);
    this.running.delete(key);
    present?.stop.abort();
    await present?.done;
  }

  /** Never throws: what goes wrong is told, and tried again. */
  private async follow(cluster: ClusterConnection, type: ResourceType, signal: AbortSignal): Promise<void> {
    const { lease, logger } = this.options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.reflect(cluster, type, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof LeaseLost) {
          logger.info({ cluster: cluster.name, token: lease.token }, 'another replica follows the cluster');
          return this.stop();
        }
        const isRefusal = error instanceof ApiError && error.code < 500;
        if (!isRefusal) logger.warn({ cluster: cluster.name, resource: type.resource, err: error }, 'a reflector failed; it begins again');
        await rest(isRefusal ? REFUSED_MS * (0.5 + Math.random() / 2) : backoff(++failures), signal);
      }
    }
  }

  private async reflect(cluster: ClusterConnection, type: ResourceType, signal: AbortSignal): Promise<void> {
    const { lease, numbers, writer, kubernetes, omitted, logger, pace = PACE } = this.options;
    const kind = await numbers.numberOf(type.group, type.resource);
    const reflected = { cluster: lease.number, kind, token: lease.token };
    const target = { cluster, identity: PLATFORM };
    const enterList = (asking: AbortSignal) => this.lists.enter(asking);
    try {
      await new Reflector({ target, type, reflected, omitted, kubernetes, writer, logger, pace, enterList }, signal).run();
    } catch (error) {
      if (error instanceof ApiError && error.code < 500 && !signal.aborted) await writer.setState(reflected, 'Refused', error.message);
      throw error;
    }
  }
}

const keyOf = ({ group, resource }: { group: string; resource: string }): string => `${resource}.${group}`;

const backoff = (failures: number): number => Math.random() * Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** (failures - 1));

const rest = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
