import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { IsNull, type Repository } from 'typeorm';
import { FieldCipher, Notifications } from '#database';
import { alreadyExists, conflict, invalid, notFound, unavailable } from '#errors';
import { type ClusterConnection, type ClusterCredential, Connections } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { parseYaml } from '../http/manifest-documents.js';
import { ClusterEntity } from './cluster.entity.js';
import { type ClusterAccess, changesAccess, readClusterAccess } from './cluster-access.js';
import { ClusterHealth, type ClusterHealthRecord } from './cluster-health.service.js';
import { ClusterTrial } from './cluster-trial.service.js';
import { ClusterIdentity, IDENTITY_CHANGED } from './cluster-identity.service.js';
import {
  type ClusterListResponse,
  type ClusterResponse,
  type CreateClusterRequest,
  toClusterResponse,
  toTrialResponse,
  type UpdateClusterRequest,
} from './clusters.dto.js';
import { SortedClustersQuery } from './clusters-query.dto.js';
import { ClusterLists } from './cluster-lists.service.js';
import { ClusterRegistrations } from './cluster-registrations.repository.js';
import { CLUSTERS_TOPIC } from './clusters-topic.js';
import { credentialExpiry } from './credential-expiry.js';

/** Reason of the cause of a 503 that an administrator decided on. */
export const CLUSTER_DISABLED = 'ClusterDisabled';
/** How long a replica may go on with a registration of whose change it was not told. */
const FRESH_MS = 2000;

@Injectable()
export class ClustersService {
  private readonly byName = new LRUCache<string, { row: ClusterEntity; connection: ClusterConnection }>({
    max: 10_000,
    ttl: FRESH_MS,
    ttlResolution: 0,
  });
  private changes = 0;

  constructor(
    @InjectRepository(ClusterEntity) private readonly rows: Repository<ClusterEntity>,
    private readonly cipher: FieldCipher,
    private readonly connections: Connections,
    private readonly registrations: ClusterRegistrations,
    private readonly lists: ClusterLists,
    private readonly trial: ClusterTrial,
    private readonly health: ClusterHealth,
    private readonly identity: ClusterIdentity,
    notifications: Notifications,
  ) {
    notifications.on(CLUSTERS_TOPIC, (id) => this.forget(id));
    notifications.onGap(() => this.forget(undefined));
    connections.lookUpBy(async (id) => {
      const row = await this.rows.findOneBy({ id, disabledAt: IsNull() });
      return row === null ? undefined : this.toConnection(row);
    });
  }

  /** Registers a cluster that answers; stores nothing when it doesn't, or when it is registered under another name. */
  async create(caller: Principal, request: CreateClusterRequest, dryRun: boolean): Promise<ClusterResponse> {
    const { name } = request.metadata;
    const access = readClusterAccess(request.spec, parseYaml);
    await this.refuseTaken(name, undefined);
    const accept = (systemUid: string) => this.refuseTaken(name, systemUid);
    if (dryRun) return toTrialResponse(request, access.endpoint, await this.trial.dryRun(name, access, accept), new Date());
    const trial = await this.trial.run(name, access, { accept, dryRun });
    const id = randomUUID();
    const row = await this.registrations.insert({
      id,
      name,
      displayName: request.spec.displayName ?? '',
      labels: request.metadata.labels ?? {},
      annotations: request.metadata.annotations ?? {},
      ...this.accessColumns(id, access),
      ...trial,
      generation: 1,
      disabledAt: request.spec.disabled === true ? new Date() : null,
      serviceAccountTokens: request.spec.serviceAccountTokens === true,
      createdBy: caller.user,
      createdAt: new Date(),
    });
    return this.toResponse(row, caller);
  }

  /** A page of the clusters that the caller may see, with their state as it is known: none is waited for. */
  async list(caller: Principal, query: SortedClustersQuery): Promise<ClusterListResponse> {
    const { rows, metadata } = await this.lists.page(caller, query);
    const items = await Promise.all(rows.map(async (row) => this.respond(row, await this.stateOf(row, 'read'), caller)));
    return { kind: 'ClusterList', metadata, items };
  }

  async get(caller: Principal, name: string): Promise<ClusterResponse> {
    return this.toResponse((await this.load(name)).row, caller);
  }

  /** A new credential is tried before it is stored; it must lead to the same cluster. */
  async patch(caller: Principal, name: string, request: UpdateClusterRequest, dryRun: boolean): Promise<ClusterResponse> {
    const row = await this.findRow(name);
    const accept = (systemUid: string) => refuseAnother(row, systemUid);
    const changed: Partial<ClusterEntity> = {
      ...(request.metadata?.labels === undefined ? {} : { labels: request.metadata.labels }),
      ...(request.metadata?.annotations === undefined ? {} : { annotations: request.metadata.annotations }),
      ...(request.spec?.displayName === undefined ? {} : { displayName: request.spec.displayName }),
      ...(request.spec?.serviceAccountTokens === undefined ? {} : { serviceAccountTokens: request.spec.serviceAccountTokens }),
      ...(request.spec?.disabled === undefined ? {} : { disabledAt: request.spec.disabled ? (row.disabledAt ?? new Date()) : null }),
    };
    if (request.spec !== undefined && changesAccess(request.spec)) {
      const access = readClusterAccess(request.spec, parseYaml);
      if (dryRun) {
        const metadata = { name, labels: changed.labels ?? row.labels, annotations: changed.annotations ?? row.annotations };
        return toTrialResponse(
          { metadata, spec: request.spec },
          access.endpoint,
          await this.trial.dryRun(name, access, accept),
          new Date(),
        );
      }
      const { systemUid: _, ...found } = await this.trial.run(name, access, { accept, dryRun });
      Object.assign(changed, this.accessColumns(row.id, access), { generation: row.generation + 1, ...found });
    }
    if (dryRun) return this.toResponse({ ...row, ...changed }, caller);
    if (Object.keys(changed).length > 0 && (await this.registrations.update(row, changed)) === undefined)
      throw conflict(`cluster "${name}" was changed by somebody else at the same time: try again`, { kind: 'clusters', name });
    return this.get(caller, name);
  }

  /** Forgets a cluster, also one that is dead; nothing in the cluster itself is touched. */
  async delete(name: string): Promise<void> {
    const { id } = await this.findRow(name);
    await this.registrations.delete(id);
    await this.connections.forget(id);
  }

  /** The state of a cluster as it is known; undefined when it is no longer registered. */
  async findHealth(id: string): Promise<ClusterHealthRecord | undefined> {
    const row = await this.rows.findOneBy({ id });
    return row === null ? undefined : this.stateOf(row, 'read');
  }

  /** The way to a cluster, where it is known and good without asking anybody; `connection` tells otherwise. */
  recall(name: string): ClusterConnection | undefined {
    const known = this.byName.get(name);
    if (known === undefined || known.row.disabledAt !== null) return undefined;
    return this.identity.isConfirmed(known.connection) ? known.connection : undefined;
  }

  /** The way to a cluster, for a request of a caller. Throws 404 when it is not registered, 503 when it is disabled. */
  async connection(name: string): Promise<ClusterConnection> {
    const { row, connection } = await this.load(name);
    if (row.disabledAt !== null)
      throw unavailable(name, 'it is disabled').with({ causes: [{ reason: CLUSTER_DISABLED, message: 'an administrator disabled it' }] });
    await this.identity.confirm(connection, row.systemUid);
    return connection;
  }

  /** The id of a registration. Throws 404 when no cluster of this name is registered. */
  async getId(name: string): Promise<string> {
    return (await this.load(name)).row.id;
  }

  /** Throws 404 when no cluster of this name is registered. */
  async requireRegistered(name: string): Promise<void> {
    await this.load(name);
  }

  /** The id of its registration, also while it can't be used. Throws 404 when no cluster of this name is registered. */
  async idOf(name: string): Promise<string> {
    return (await this.load(name)).row.id;
  }

  /** The names of all registrations by id. */
  async names(): Promise<Map<string, string>> {
    const rows = await this.rows.find({ select: { id: true, name: true } });
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** The same by id; undefined when it is no longer registered. */
  async findConnectionById(id: string): Promise<ClusterConnection | undefined> {
    const row = await this.rows.findOneBy({ id });
    if (row === null) return undefined;
    const connection = this.toConnection(row);
    await this.identity.confirm(connection, row.systemUid);
    return connection;
  }

  /** The way to a cluster whose ServiceAccounts may come in, by the id of its registration; undefined for any other. */
  async findConnectionForServiceAccounts(id: string): Promise<ClusterConnection | undefined> {
    const row = await this.rows.findOneBy({ id, serviceAccountTokens: true, disabledAt: IsNull() });
    if (row === null) return undefined;
    const connection = this.toConnection(row);
    await this.identity.confirm(connection, row.systemUid);
    return connection;
  }

  /** The ways to all clusters that are not disabled. */
  async enabledConnections(): Promise<ClusterConnection[]> {
    const rows = await this.rows.findBy({ disabledAt: IsNull() });
    return rows.map((row) => this.toConnection(row));
  }

  /** What is remembered of a cluster, or of all, is read anew; what was being read meanwhile is not remembered. */
  private forget(id: string | undefined): void {
    this.changes++;
    for (const [name, { row }] of this.byName.entries()) if (id === undefined || row.id === id) this.byName.delete(name);
  }

  private async load(name: string): Promise<{ row: ClusterEntity; connection: ClusterConnection }> {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const changesBefore = this.changes;
    const row = await this.findRow(name);
    const loaded = { row, connection: this.toConnection(row) };
    if (this.changes === changesBefore) this.byName.set(name, loaded);
    return loaded;
  }

  private async findRow(name: string): Promise<ClusterEntity> {
    const row = await this.rows.findOneBy({ name });
    if (row === null) throw notFound('clusters', name);
    return row;
  }

  private async refuseTaken(name: string, systemUid: string | undefined): Promise<void> {
    const taken = await this.rows.findOneBy(systemUid === undefined ? { name } : { systemUid });
    if (taken === null) return;
    const why = taken.name === name ? 'exists already' : `is the cluster that is registered as "${taken.name}"`;
    throw alreadyExists(`cluster "${name}" ${why}`, { kind: 'clusters', name });
  }

  private accessColumns(id: string, access: ClusterAccess) {
    return {
      endpoint: access.endpoint,
      certificateAuthority: access.certificateAuthority ?? null,
      credential: this.cipher.encrypt(JSON.stringify(access.credential), credentialAddress(id)),
      credentialExpiresAt: credentialExpiry(access.credential) ?? null,
    };
  }

  private toConnection(row: ClusterEntity): ClusterConnection {
    return {
      id: row.id,
      name: row.name,
      endpoint: row.endpoint,
      certificateAuthority: row.certificateAuthority ?? undefined,
      credential: JSON.parse(this.cipher.decrypt(row.credential, credentialAddress(row.id))) as ClusterCredential,
      generation: row.generation,
    };
  }

  private async toResponse(row: ClusterEntity, caller: Principal): Promise<ClusterResponse> {
    return this.respond(row, await this.stateOf(row, 'check'), caller);
  }

  private respond(row: ClusterEntity, health: ClusterHealthRecord, caller: Principal): ClusterResponse {
    return toClusterResponse(row, health, { endpoint: caller.isAdministrator, checks: caller.readsEverything }, new Date());
  }

  private async stateOf(row: ClusterEntity, how: 'read' | 'check'): Promise<ClusterHealthRecord> {
    if (row.disabledAt !== null) return disabledSince(row.disabledAt);
    const connection = this.toConnection(row);
    if (how === 'check') await this.identity.confirm(connection, row.systemUid)?.catch(() => undefined);
    const found = await this.health[how](connection);
    return this.identity.hasChanged(connection) ? { ...found, state: 'Unreachable', reason: IDENTITY_CHANGED } : found;
  }
}

function refuseAnother(row: ClusterEntity, systemUid: string): void {
  if (systemUid !== row.systemUid)
    throw invalid('the cluster', [{ field: 'spec', message: 'leads to another cluster: register that one under a name of its own' }]);
}

/** A disabled cluster is not asked, so nothing else is known of it. */
const disabledSince = (since: Date): ClusterHealthRecord => ({
  state: 'Disabled',
  reason: 'an administrator disabled it',
  since,
  lastSeen: undefined,
  version: undefined,
  nodes: undefined,
});

const credentialAddress = (id: string) => ({ table: 'clusters', id, field: 'credential' });
