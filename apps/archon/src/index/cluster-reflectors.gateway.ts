import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '#errors';
import type { ClusterConnection, Discovery, KubernetesGateway, ResourceType } from '#kubernetes';
import type { Logger } from '#log';
import { PLATFORM } from '../auth/platform-identity.js';
import type { Change } from './changes.js';
import type { ClusterLease } from './cluster-leases.service.js';
import { isEvents, toEventRow } from './event-row.js';
import type { EventWriter } from './event-writer.repository.js';
import type { Reflected } from './fenced.repository.js';
import type { IndexedKinds } from './indexed-kinds.repository.js';
import { LeaseLost } from './lease-lost.js';
import { toObjectRow } from './object-row.js';
import type { ObjectWriter } from './object-writer.repository.js';
import type { Reflections } from './reflections.repository.js';
import { type Pace, PACE, Reflector, type Sink } from './reflector.gateway.js';
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
  objects: ObjectWriter;
  events: EventWriter;
  reflections: Reflections;
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
    const { discovery, kinds, objects, events, reflections, lease } = this.options;
    const wanted = wantedTypes(kinds, await discovery.resourceTypes(cluster), await discovery.staleGroups(cluster));
    for (const known of await reflections.kindsOf(lease.number)) {
      if (wanted.keeps(known)) continue;
      await this.end(keyOf(known));
      const reflected = { cluster: lease.number, kind: known.kind, token: lease.token };
      await (isEvents(known) ? events : objects).drop(reflected);
      await reflections.forget(reflected);
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
    const { lease, numbers, reflections } = this.options;
    const kind = await numbers.numberOf(type.group, type.resource);
    const reflected = { cluster: lease.number, kind, token: lease.token };
    try {
      await this.reflector(cluster, type, reflected, signal).run();
    } catch (error) {
      if (error instanceof ApiError && error.code < 500 && !signal.aborted) await reflections.setState(reflected, 'Refused', error.message);
      throw error;
    }
  }

  private reflector(cluster: ClusterConnection, type: ResourceType, reflected: Reflected, signal: AbortSignal): { run(): Promise<void> } {
    const { reflections, kubernetes, omitted, logger, objects, events, pace = PACE } = this.options;
    const target = { cluster, identity: PLATFORM };
    const enterList = (asking: AbortSignal) => this.lists.enter(asking);
    const common = { target, type, reflected, kubernetes, reflections, logger, pace, enterList };
    const into = <Row>(writer: Writer<Row>, toRow: Sink<Row>['toRow']): Sink<Row> => ({
      toRow,
      apply: (changes, version) => writer.apply(reflected, changes, version),
      finishList: (uids, version) => writer.finishList(reflected, uids, version),
    });
    return isEvents(type)
      ? new Reflector({ ...common, sink: into(events, (object) => toEventRow(object, type, omitted)) }, signal)
      : new Reflector({ ...common, sink: into(objects, (object) => toObjectRow(object, type, omitted)) }, signal);
  }
}

interface Writer<Row> {
  apply(reflected: Reflected, changes: readonly Change<Row>[], resourceVersion: string | undefined): Promise<void>;
  finishList(reflected: Reflected, uids: readonly string[], resourceVersion: string): Promise<void>;
}

const keyOf = ({ group, resource }: { group: string; resource: string }): string => `${resource}.${group}`;

const backoff = (failures: number): number => Math.random() * Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** (failures - 1));

const rest = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
