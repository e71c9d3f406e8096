import { Injectable } from '@nestjs/common';
import { conflict } from '#errors';
import {
  collectionOf,
  describeObject,
  type Identity,
  KubernetesGateway,
  type KubernetesList,
  type KubernetesObject,
  type ResourceRef,
  type Target,
} from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { AppConfig } from '../config.module.js';
import { ChangeTrial } from '../manifests/change-trial.service.js';
import { ObjectLocator, subjectOf } from '../manifests/object-locator.service.js';
import type { OperationPlan, StepPlan } from '../operations/operation-plan.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import { compareComponents, type Component, configurationOf, isChanged } from './application-changes.js';
import { ApplicationComponents } from './application-components.service.js';
import { APPLICATION_API_VERSION, type ApplicationDocument, readApplicationDocument, WHOLE } from './application-document.js';
import { patchStep, restorable, settleOf, updated, workloadsLast } from './application-life.js';
import {
  applicationLabels,
  applicationRef,
  componentKinds,
  kindsOf,
  selectorOf,
  toApplicationObject,
  toComponentObject,
  withOwner,
} from './application-objects.js';
import { patchApplication } from './application-patch.js';
import { applicationStatus, type UnreadKind } from './application-status.js';
import type { ApplicationKey, Basis } from './versions/version-ledger.repository.js';
import { type GivenNote, VersionRecorder } from './versions/version-recorder.service.js';

/** Where an application is. */
export interface ApplicationPlace {
  cluster: string;
  namespace: string;
}

export interface ChangeOptions {
  dryRun: boolean;
}

/** Of a change that makes a version. */
export interface NotedOptions extends ChangeOptions {
  note: GivenNote;
}

export interface UpdateOptions extends NotedOptions {
  /** Every workload replaces its Pods, whether or not something of it changes. */
  forceUpdatePod: boolean;
}

export interface Live {
  application: KubernetesObject;
  components: Component[];
  unread: UnreadKind[];
}

/** Applications of one namespace of one cluster, always as the caller. */
@Injectable()
export class ApplicationsService {
  private readonly operationAnnotation: string;

  constructor(
    private readonly clusters: ClustersService,
    private readonly kubernetes: KubernetesGateway,
    private readonly components: ApplicationComponents,
    private readonly locator: ObjectLocator,
    private readonly trial: ChangeTrial,
    private readonly operations: OperationRunner,
    private readonly versions: VersionRecorder,
    private readonly config: AppConfig,
  ) {
    this.operationAnnotation = `app.${config.labelBaseDomain}/operation`;
  }

  /** Makes the Application and its components, all or nothing (APP-1 … APP-3). Returns the Application with its first status. */
  async create(
    caller: Principal,
    place: ApplicationPlace,
    documents: readonly unknown[],
    options: NotedOptions & { name?: string },
  ): Promise<KubernetesObject> {
    const document = readApplicationDocument(documents, { namespace: place.namespace, name: undefined }, options.name);
    const target = await this.target(caller, place);
    const name = document.application.metadata.name ?? '';
    const desired = await this.desiredComponents(target, place.namespace, name, document.components ?? []);
    const ref = this.ref(place.namespace, name);
    const head = (phase: 'Pending' | 'Succeeded') => this.head(caller, document, phase, desired);

    const tried = await this.trial.apply(target, [
      { ref, object: head('Succeeded'), creates: true },
      ...desired.map((component) => ({ ...component, creates: true })),
    ]);
    if (options.dryRun) return withStatus(tried[0] ?? head('Pending'), tried.slice(1), []);

    const [application = head('Succeeded'), ...components] = tried;
    const state = { user: caller.user, note: options.note, application, components };
    const made = await this.operations.run({
      ...this.planOf(caller, target, place.namespace, name),
      ...(await this.versions.recording(keyOf(target, place.namespace, name), state, undefined)),
      kind: 'CreateApplication',
      steps: [
        { action: 'apply', target: describeObject(head('Pending')), ref, object: () => head('Pending') },
        ...desired.map((component) => applyStep(component, (results) => withOwner(component.object, first(results)))),
        // The mark that all is there; before it a reader of the cluster sees an application that is being assembled.
        { action: 'apply', target: describeObject(head('Pending')), ref, object: () => head('Succeeded'), previous: head('Pending') },
      ],
    });
    return withStatus(made.at(-1) ?? head('Succeeded'), made.slice(1, -1), []);
  }

  /** One page of the namespace's applications with their status. */
  async list(
    caller: Principal,
    place: ApplicationPlace,
    options: { limit?: number; continue?: string; labelSelector?: string; fieldSelector?: string },
  ): Promise<KubernetesList> {
    const target = await this.target(caller, place);
    const page = await this.kubernetes.list(target, this.ref(place.namespace), { limit: 100, ...options });
    const kinds = new Map(page.items.flatMap(componentKinds).map((kind) => [`${kind.group}/${kind.kind}`, kind]));
    const { key } = applicationLabels(this.config.labelBaseDomain, place.namespace, '');
    // One list per kind for all applications of the page, not one per application.
    const { components, unread } =
      page.items.length === 0
        ? { components: [], unread: [] }
        : await this.components.list(target, place.namespace, [...kinds.values()], key);
    const byApplication = Map.groupBy(components, ({ object }) => object.metadata.labels?.[key]);
    return {
      ...page,
      kind: 'ApplicationList',
      apiVersion: APPLICATION_API_VERSION,
      items: page.items.map((item) => {
        const own =
          byApplication.get(applicationLabels(this.config.labelBaseDomain, place.namespace, item.metadata.name ?? '').value) ?? [];
        const ownUnread = unread.filter(({ kind }) => componentKinds(item).some((declared) => declared.kind === kind));
        return withStatus(
          { ...item, apiVersion: APPLICATION_API_VERSION, kind: 'Application' },
          own.map(({ object }) => object),
          ownUnread,
        );
      }),
    };
  }

  /** The Application with its status, then its components as they are. */
  async get(caller: Principal, place: ApplicationPlace, name: string): Promise<KubernetesObject[]> {
    const { application, components, unread } = await this.read(await this.target(caller, place), place.namespace, name);
    const objects = components.map(({ object }) => object);
    return [withStatus(application, objects, unread), ...objects];
  }

  /**
   * Makes the application what the body says: missing components are made, changed ones applied, absent ones removed; others stay untouched. Where
   * it doesn't say how many replicas a workload has, or whether it is suspended, that stays: what is stopped stays stopped (APP-9, APP-10).
   */
  async replace(
    caller: Principal,
    place: ApplicationPlace,
    name: string,
    documents: readonly unknown[],
    options: UpdateOptions,
  ): Promise<KubernetesObject> {
    const document = readApplicationDocument(documents, { namespace: place.namespace, name }, name);
    const target = await this.target(caller, place);
    return this.change(caller, target, place.namespace, document, await this.readToChange(target, place.namespace, name), options);
  }

  /** The same, for a patch of the application written as one document. */
  async patch(
    caller: Principal,
    place: ApplicationPlace,
    name: string,
    mediaType: string,
    documents: readonly unknown[],
    options: UpdateOptions,
  ): Promise<KubernetesObject> {
    const target = await this.target(caller, place);
    const live = await this.readToChange(target, place.namespace, name);
    const { metadata, spec, ...head } = configurationOf(live.application);
    const { [this.operationAnnotation]: _, ...annotations } = metadata.annotations ?? {};
    const current = {
      ...head,
      metadata: { ...metadata, annotations },
      spec: { ...(spec as object), componentTemplates: live.components.map(({ object }) => configurationOf(object)) },
    };
    const document = readApplicationDocument([patchApplication(current, mediaType, documents)], {
      namespace: place.namespace,
      name,
    });
    return this.change(caller, target, place.namespace, document, live, options);
  }

  /** Removes the components, then the Application. What has begun is finished, also after a crash. */
  async delete(caller: Principal, place: ApplicationPlace, name: string, options: ChangeOptions): Promise<void> {
    const target = await this.target(caller, place);
    const { application, components } = await this.readAll(target, place.namespace, name);
    const all = [...components.toReversed(), { ref: this.ref(place.namespace, name), object: application }];
    await this.trial.delete(target, all);
    if (options.dryRun) return;
    await this.operations.run({
      ...this.planOf(caller, target, place.namespace, name),
      ...this.versions.unrecorded(keyOf(target, place.namespace, name)),
      kind: 'DeleteApplication',
      steps: all.map(deleteStep),
    });
  }

  private async change(
    caller: Principal,
    target: Target,
    namespace: string,
    document: ApplicationDocument,
    live: Live & { basis: Basis },
    options: UpdateOptions,
  ): Promise<KubernetesObject> {
    const name = document.application.metadata.name ?? '';
    const expected = document.application.metadata.resourceVersion;
    if (expected !== undefined && expected !== live.application.metadata.resourceVersion)
      throw conflict(`the application "${name}" was changed since it was read: get it again and repeat the change`, {
        kind: 'Application',
        name,
      });

    const ref = this.ref(namespace, name);
    const wanted = document.components === undefined ? live.components.map(({ object }) => configurationOf(object)) : document.components;
    const desired = await this.desiredComponents(target, namespace, name, wanted, live.application);
    const domain = this.config.labelBaseDomain;
    const comparison = compareComponents(live.components, desired);
    const keep = comparison.keep.map((component) => updated(component, domain, options.forceUpdatePod ? new Date() : undefined));
    const head = this.head(caller, document, 'Succeeded', desired, live.application);

    const trials = [
      { ref, object: head, creates: false },
      ...comparison.create.map((c) => ({ ...c, creates: true })),
      ...keep.map((c) => ({ ...c, creates: false })),
    ];
    const tried = await this.trial.apply(target, trials);
    await this.trial.delete(target, comparison.delete);
    if (options.dryRun) return withStatus(tried[0] ?? head, tried.slice(1), []);

    const becomes = tried.slice(1 + comparison.create.length);
    const changed = keep.filter((component, index) =>
      isChanged(component.live, becomes[index] ?? component.live, this.operationAnnotation),
    );
    const settled = settleOf(
      keep.map(({ ref, live: before }, index) => ({ ref, object: becomes[index] ?? before })),
      domain,
    );
    const [made = head, ...parts] = tried;
    const state = {
      user: caller.user,
      note: options.note,
      application: made,
      components: parts,
      live: { ...live, components: live.components.map(({ object }) => object) },
    };
    await this.operations.run({
      ...this.planOf(caller, target, namespace, name),
      ...(await this.versions.recording(keyOf(target, namespace, name), state, live)),
      kind: 'UpdateApplication',
      steps: [
        { action: 'apply', target: describeObject(head), ref, object: () => head, previous: configurationOf(live.application) },
        ...comparison.create.map((component) => applyStep(component, () => component.object)),
        ...workloadsLast(changed).map((component) => ({
          ...applyStep(component, () => component.object),
          previous: restorable(component.live, domain),
        })),
        ...settled.map(patchStep),
        ...comparison.delete.map(deleteStep),
      ],
    });
    const { application, components, unread } = await this.read(target, namespace, name);
    return withStatus(
      application,
      components.map(({ object }) => object),
      unread,
    );
  }

  /** The cluster as the caller. Throws 404 when it has no applications. */
  async target(caller: Principal, place: ApplicationPlace): Promise<Target & { identity: Identity }> {
    const cluster = await this.clusters.connection(place.cluster);
    await this.components.requireApplications(cluster);
    return { cluster, identity: caller.identityAt(cluster.name, place.namespace) };
  }

  private planOf(caller: Principal, { cluster }: Target, namespace: string, name: string): Omit<OperationPlan, 'kind' | 'steps'> {
    return { cluster, identity: caller.identityAt(cluster.name, namespace), namespace, name };
  }

  private ref(namespace: string): ResourceRef;
  private ref(namespace: string, name: string): ResourceRef & { name: string };
  private ref(namespace: string, name?: string): ResourceRef {
    return name === undefined ? collectionOf(applicationRef(namespace, '')) : applicationRef(namespace, name);
  }

  private head(
    caller: Principal,
    { application }: ApplicationDocument,
    phase: 'Pending' | 'Succeeded',
    components: readonly Component[],
    live?: KubernetesObject,
  ): KubernetesObject {
    const { name = '', namespace = '' } = application.metadata;
    const domain = this.config.labelBaseDomain;
    const user = live?.metadata.annotations?.[`${domain}/creator`] ?? caller.user;
    return toApplicationObject(application, {
      labels: applicationLabels(domain, namespace, name),
      kinds: kindsOf(components.map(({ object }) => object)),
      phase,
      domain,
      user,
    });
  }

  private async desiredComponents(
    target: Target,
    namespace: string,
    name: string,
    components: readonly KubernetesObject[],
    owner?: KubernetesObject,
  ): Promise<Component[]> {
    const labels = applicationLabels(this.config.labelBaseDomain, namespace, name);
    const prepared = components.map((component) => toComponentObject(component, labels));
    const objects = (owner === undefined ? prepared : prepared.map((component) => withOwner(component, owner))).map((object) => ({
      object,
    }));
    return this.locator.locate(target.cluster, WHOLE, objects, ({ namespaced }, component) =>
      namespaced ? undefined : { field: subjectOf(component), message: 'is not part of a namespace, and an application is' },
    );
  }

  /** The Application alone; undefined when there is none. Throws 403 when the caller may not get it. */
  find(target: Target, namespace: string, name: string): Promise<KubernetesObject | undefined> {
    return this.kubernetes.find(target, this.ref(namespace, name));
  }

  async read(target: Target, namespace: string, name: string): Promise<Live> {
    const application = await this.kubernetes.get(target, this.ref(namespace, name));
    const selector = selectorOf(applicationLabels(this.config.labelBaseDomain, namespace, name));
    return { application, ...(await this.components.list(target, namespace, componentKinds(application), selector)) };
  }

  /** For changes: every kind must be readable, or something would be overlooked. */
  async readAll(target: Target, namespace: string, name: string): Promise<Live> {
    const live = await this.read(target, namespace, name);
    const hidden = live.unread.find(({ reason }) => reason !== 'NotFound');
    if (hidden !== undefined)
      throw conflict(`the components of kind ${hidden.kind} cannot be read, so the application cannot be changed: ${hidden.message}`, {
        kind: 'Application',
        name,
      });
    return live;
  }

  /** The same, with what tells whether somebody else has changed it since. */
  private async readToChange(target: Target, namespace: string, name: string): Promise<Live & { basis: Basis }> {
    const basis = await this.versions.basis(keyOf(target, namespace, name));
    return { ...(await this.readAll(target, namespace, name)), basis };
  }
}

const keyOf = ({ cluster }: Target, namespace: string, name: string): ApplicationKey => ({ clusterId: cluster.id, namespace, name });

const applyStep = ({ ref, object }: Component, make: StepPlan['object']): StepPlan => ({
  action: 'apply',
  target: describeObject(object),
  ref,
  object: make,
});

const deleteStep = ({ ref, object }: Component): StepPlan => ({
  action: 'delete',
  target: describeObject(object),
  ref,
  uid: object.metadata.uid,
});

function first(results: readonly KubernetesObject[]): KubernetesObject {
  const [application] = results;
  if (application === undefined) throw new Error('components are applied after their Application');
  return application;
}

const withStatus = (
  application: KubernetesObject,
  components: readonly KubernetesObject[],
  unread: readonly UnreadKind[],
): KubernetesObject => ({
  ...application,
  status: { ...(application.status as object | undefined), ...applicationStatus(components, unread) },
});
