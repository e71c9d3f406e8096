import { Injectable } from '@nestjs/common';
import { forbidden, notFound } from '#errors';
import { Discovery, type Identity, type KubernetesObject, type Target } from '#kubernetes';
import type { Principal } from '../../auth/principal.js';
import { ClusterRights } from '../../proxy/cluster-rights.service.js';
import type { UnreadKind } from '../application-status.js';
import { type ApplicationPlace, ApplicationsService } from '../applications.service.js';
import { readSnapshot } from './application-snapshot.js';
import { type ManifestName, shownManifest } from './manifest.js';
import { ManifestStore } from './manifest-store.repository.js';
import { readPageToken, writePageToken } from './page-token.js';
import { type ComparedState, VersionComparison } from './version-comparison.service.js';
import { type ApplicationKey, toListed, VersionLedger, type VersionRow } from './version-ledger.repository.js';
import { VersionRecorder } from './version-recorder.service.js';
import {
  type CompareVersionsQuery,
  type ListVersionsQuery,
  type SnapshotQuery,
  toVersionResponse,
  type VersionDiffResponse,
  type VersionListResponse,
  type VersionResponse,
  type WholeVersionResponse,
} from './versions.dto.js';

const APPLICATIONS = { group: 'app.k8s.io', resource: 'applications' };
const REVISION = /^[1-9]\d{0,8}$/;
const NONE_BELOW = 2 ** 31 - 1;

/** An application whose versions the caller may read. */
interface Readable {
  target: Target & { identity: Identity };
  key: ApplicationKey;
  uid: string;
}

/** What callers see of versions: who may read an application may read its versions, and of their manifests those of the kinds that they may list. */
@Injectable()
export class VersionsService {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly recorder: VersionRecorder,
    private readonly ledger: VersionLedger,
    private readonly manifests: ManifestStore,
    private readonly comparison: VersionComparison,
    private readonly discovery: Discovery,
    private readonly rights: ClusterRights,
  ) {}

  /** One page, newest first. */
  async list(caller: Principal, place: ApplicationPlace, name: string, query: ListVersionsQuery): Promise<VersionListResponse> {
    const end = query.continue === undefined ? undefined : readPageToken(query.continue);
    const { key, uid } = await this.readable(caller, place, name, end?.uid ?? query.uid);
    const limit = query.limit ?? 100;
    const found = await this.ledger.list(key, uid, { below: end?.revision ?? NONE_BELOW, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      kind: 'ApplicationVersionList',
      metadata: found.length > limit && last !== undefined ? { continue: writePageToken(last) } : {},
      items: page.map(toVersionResponse),
    };
  }

  /** One version with its manifests, without values of Secrets. */
  async get(caller: Principal, place: ApplicationPlace, name: string, revision: string, uid?: string): Promise<WholeVersionResponse> {
    const readable = await this.readable(caller, place, name, uid);
    const version = await this.version(readable, revision);
    const stored = await this.manifests.list(version.id);
    const unread = await this.unreadKinds(readable, stored);
    const shown = await this.manifests.read(stored.filter(isNoneOf(unread)).map(({ id }) => id));
    return {
      ...toVersionResponse(version),
      objects: stored.map(toListed),
      resources: [...shown.values()].map(shownManifest),
      unread,
    };
  }

  /** What differs between a version and another one, or what is in the cluster. */
  async compare(
    caller: Principal,
    place: ApplicationPlace,
    name: string,
    revision: string,
    { to = 'live', uid }: CompareVersionsQuery,
  ): Promise<VersionDiffResponse> {
    const readable = await this.readable(caller, place, name, uid);
    const before = await this.comparison.stateOf((await this.version(readable, revision)).id);
    const { state: after, unread: unreadNow } = await this.state(readable, to);
    const hidden = await this.unreadKinds(readable, [...before.objects, ...after.objects]);
    const unread = [...hidden, ...unreadNow.filter(isNoneOf(hidden))];
    const objects = await this.comparison.compare(before, after, isNoneOf(unread));
    return { kind: 'ApplicationVersionDiff', from: revision, to, objects, unread };
  }

  /** Makes a version of the application as it is. */
  async snapshot(
    caller: Principal,
    place: ApplicationPlace,
    name: string,
    documents: readonly unknown[],
    { ticket, dryRun }: SnapshotQuery,
  ): Promise<VersionResponse> {
    const { namespace } = place;
    const changeCause = readSnapshot(documents, { namespace, name });
    const target = await this.applications.target(caller, place);
    if (!(await this.rights.allows(target, { verb: 'update', ...APPLICATIONS, namespace, name })))
      throw forbidden(`"${caller.user}" may not update the application "${name}" in the namespace "${namespace}"`);
    const key = { clusterId: target.cluster.id, namespace, name };
    const basis = await this.recorder.basis(key);
    const read = await this.applications.readAll(target, namespace, name);
    const live = { application: read.application, components: toObjects(read.components) };
    const state = { user: caller.user, note: { changeCause, ticket }, ...live, live };
    return toVersionResponse(await this.recorder.snapshot(key, state, { basis, dryRun: dryRun === 'All' }));
  }

  /** Throws 403 when the caller may not get the application, 404 when there never was one that has versions. */
  private async readable(caller: Principal, place: ApplicationPlace, name: string, asked: string | undefined): Promise<Readable> {
    const target = await this.applications.target(caller, place);
    const application = await this.applications.find(target, place.namespace, name);
    const key = { clusterId: target.cluster.id, namespace: place.namespace, name };
    const uid = asked ?? application?.metadata.uid ?? (await this.ledger.newestUid(key));
    if (uid === undefined) throw notFound('applications.app.k8s.io', name);
    return { target, key, uid };
  }

  private async version({ key, uid }: Readable, revision: string): Promise<VersionRow> {
    const version = REVISION.test(revision) ? await this.ledger.find(key, uid, Number(revision)) : undefined;
    if (version === undefined) throw notFound(`versions of the application "${key.name}"`, revision);
    return version;
  }

  /** A version, or what is in the cluster. */
  private async state(readable: Readable, which: string): Promise<{ state: ComparedState; unread: UnreadKind[] }> {
    if (which !== 'live') return { state: await this.comparison.stateOf((await this.version(readable, which)).id), unread: [] };
    const { namespace, name } = readable.key;
    const { application, components, unread } = await this.applications.read(readable.target, namespace, name);
    return { state: await this.comparison.stateOfObjects([application, ...toObjects(components)]), unread };
  }

  /** Of the kinds of these objects those that the caller may not list, or that the cluster no longer serves. */
  private async unreadKinds({ target, key: { namespace } }: Readable, objects: readonly ManifestName[]): Promise<UnreadKind[]> {
    const kinds = new Map(
      objects.filter(({ group }) => group !== APPLICATIONS.group).map(({ group, kind }) => [`${group}/${kind}`, { group, kind }]),
    );
    const asked = [...kinds.values()].map(async ({ group, kind }): Promise<UnreadKind[]> => {
      const type = await this.discovery.findPreferredType(target.cluster, group, kind);
      if (type === undefined)
        return [{ kind, reason: 'NotFound', message: `cluster "${target.cluster.name}" does not serve this kind any more` }];
      const { resource } = type;
      if (await this.rights.allows(target, { verb: 'list', group, resource, namespace })) return [];
      return [{ kind, reason: 'Forbidden', message: `the caller may not list ${resource} in the namespace "${namespace}"` }];
    });
    return (await Promise.all(asked)).flat();
  }
}

const toObjects = (components: readonly { object: KubernetesObject }[]) => components.map(({ object }) => object);

const isNoneOf =
  (kinds: readonly UnreadKind[]) =>
  ({ kind }: { kind: string }): boolean =>
    kinds.every((unread) => unread.kind !== kind);
