import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { conflict } from '#errors';
import { type ClusterConnection, KubernetesGateway, type KubernetesObject } from '#kubernetes';
import { PLATFORM } from '../auth/platform-identity.js';
import type { Principal } from '../auth/principal.js';
import { clusterRoleName } from '../roles/cluster-roles.js';
import { applyStep } from '../operations/apply-step.js';
import type { ClusterName, OperationKind, OperationPlan, StepPlan } from '../operations/operation-plan.js';
import { podSecurityLabels } from '../quotas/pod-security.js';
import { wantsUidRange } from '../quotas/uid-range.js';
import type { NamespaceDesired } from './namespace-desired.js';
import type { UpdatePayload } from './namespace-ends.service.js';
import { namespaceObjects, type NamespacePlace, refOf } from './namespace-objects.js';
import { NamespaceRows } from './namespace-rows.service.js';
import { NamespaceSettings } from './namespace-settings.service.js';
import { larger, previousOf } from './namespace-state.js';
import { adoptSteps, createSteps, deleteSteps, excessSteps, removeSteps } from './namespace-steps.js';
import type { NamespaceEntity, NamespacePhase } from './namespace.entity.js';
import { projectQuotaRef } from './project-quota-object.js';
import { QuotaLedger, type Share } from './quota-ledger.service.js';

/** For whom it is done. */
export type Asker = Pick<Principal, 'user' | 'identity'>;

const CHANGEABLE: NamespacePhase[] = ['Active', 'Failed'];

/** Thrown to take a transaction back that was only a trial. */
class Trial extends Error {}

/** The operations on namespaces: what they write to Postgres together with the plan, and the steps in the cluster. */
@Injectable()
export class NamespacePlans {
  constructor(
    private readonly database: DataSource,
    private readonly rows: NamespaceRows,
    private readonly ledger: QuotaLedger,
    private readonly settings: NamespaceSettings,
    private readonly kubernetes: KubernetesGateway,
  ) {}

  /** The project's quota is claimed in the transaction that stores the plan: either both are there, or none. */
  async create(caller: Asker, cluster: ClusterConnection, place: NamespacePlace, desired: NamespaceDesired): Promise<OperationPlan> {
    const drawn = await this.draw(cluster, place, desired, caller.user);
    return {
      ...this.head('CreateNamespace', caller, cluster, place.name),
      steps: createSteps(drawn.objects(), drawn.object),
      store: drawn.take,
    };
  }

  /** The same for a namespace that exists: what it has of ours is taken over. */
  async adopt(
    caller: Asker,
    cluster: ClusterConnection,
    place: NamespacePlace,
    desired: NamespaceDesired,
    live: (ours: KubernetesObject) => KubernetesObject | undefined,
  ): Promise<OperationPlan> {
    const drawn = await this.draw(cluster, place, desired, caller.user);
    return {
      ...this.head('ImportNamespace', caller, cluster, place.name),
      steps: [...adoptSteps(drawn.objects(), before(live), drawn.object), ...excessSteps(drawn.objects(), live)],
      store: drawn.take,
    };
  }

  /** While it is under way the larger of what was and what will be is claimed of each quota type. */
  async update(
    caller: Asker,
    cluster: ClusterConnection,
    row: NamespaceEntity,
    after: NamespaceDesired,
    live: (ours: KubernetesObject) => KubernetesObject | undefined,
  ): Promise<OperationPlan> {
    const place = toPlace(row, cluster.name);
    const key = { clusterId: cluster.id, name: row.name };
    const drawn = await this.draw(cluster, place, after, caller.user, row.uidRange ?? undefined);
    const payload: UpdatePayload = { before: row.desired, after };
    const store = async (manager: EntityManager) => {
      const share = shareOf(row.project, cluster);
      await this.ledger.lock(manager, share);
      // What is not mentioned stays as it was read: it must still be so.
      if (!(await this.rows.lockUnchanged(manager, row))) throw busy(row.name);
      await this.enter(manager, row, 'Updating');
      await this.ledger.claim(manager, share, row.name, { hard: larger(row.desired.hard, after.hard), isNew: false });
      await drawn.allot(manager);
    };
    const gone = namespaceObjects(place, row.desired, undefined, await this.settings.current())
      .filter((old) => !drawn.objects().some((object) => object.kind === old.kind && object.metadata.name === old.metadata.name))
      .map((old) => ({ action: 'delete' as const, target: `${old.kind} "${old.metadata.name}"`, ref: refOf(old) }));
    return {
      ...this.head('UpdateNamespace', caller, cluster, key.name),
      steps: [
        ...adoptSteps(drawn.objects(), (ours) => before(live)(ours) ?? unread(ours), drawn.object),
        ...excessSteps(drawn.objects(), live),
        ...gone,
      ],
      store,
      payload,
    };
  }

  async remove(caller: Asker, cluster: ClusterName, row: NamespaceEntity): Promise<OperationPlan> {
    const { domain, roles } = await this.settings.current();
    return {
      ...this.head('RemoveNamespace', caller, cluster, row.name),
      steps: [...removeSteps(toPlace(row, cluster.name), roles.map(clusterRoleName), domain), ...ofProjectsOwn(row)],
      store: (manager) => this.enter(manager, row, 'Removing'),
    };
  }

  delete(caller: Asker, cluster: ClusterName, row: NamespaceEntity): OperationPlan {
    return {
      ...this.head('DeleteNamespace', caller, cluster, row.name),
      steps: [...ofProjectsOwn(row), ...deleteSteps(row.name, row.observed?.uid)],
      store: (manager) => this.enter(manager, row, 'Deleting'),
    };
  }

  /** Whether a plan would fit, and what it would make: quotas in Postgres, then each object that the cluster can try. Changes nothing. */
  async try(plan: OperationPlan, cluster: ClusterConnection): Promise<KubernetesObject[]> {
    try {
      await this.database.transaction(async (manager) => {
        await plan.store?.(manager, randomUUID());
        throw new Trial();
      });
    } catch (error) {
      if (!(error instanceof Trial)) throw error;
    }
    const target = { cluster, identity: PLATFORM } as const;
    const objects: KubernetesObject[] = [];
    for (const step of plan.steps) {
      if (step.action !== 'apply' || step.object === undefined) continue;
      const made = step.object(objects);
      // In a namespace that is not there yet nothing can be tried.
      const canTry = made.kind === 'Namespace' || step.adopts === true;
      objects.push(canTry ? (await applyStep(this.kubernetes, target, step, made, { dryRun: true })).object : made);
    }
    return objects;
  }

  private async draw(cluster: ClusterConnection, place: NamespacePlace, desired: NamespaceDesired, createdBy: string, uidRange?: string) {
    const setting = await this.settings.current();
    const key = { clusterId: cluster.id, name: place.name };
    const wantsRange = wantsUidRange({ ...desired.labels, ...podSecurityLabels(desired.podSecurity) }, setting.domain);
    let objects = namespaceObjects(place, desired, wantsRange ? uidRange : undefined, setting);
    const allot = async (manager: EntityManager) => {
      if (wantsRange) objects = namespaceObjects(place, desired, await this.rows.allotUidRange(manager, key), setting);
    };
    const take = async (manager: EntityManager) => {
      const share = shareOf(place.project, cluster);
      await this.ledger.lock(manager, share);
      await this.rows.take(manager, { ...key, project: place.project, isInner: place.isInner, desired, createdBy });
      if (!place.isInner) await this.ledger.claim(manager, share, place.name, { hard: desired.hard, isNew: true });
      await allot(manager);
    };
    const object = (index: number): KubernetesObject => {
      const made = objects[index];
      if (made === undefined) throw new Error(`the namespace has no object ${index}`);
      return made;
    };
    return { objects: () => objects, object, allot, take };
  }

  private async enter(manager: EntityManager, row: NamespaceEntity, phase: NamespacePhase): Promise<void> {
    const { clusterId, name } = row;
    if (await this.rows.setPhase(manager, { clusterId, name }, CHANGEABLE, phase)) return;
    throw busy(name);
  }

  private head<C extends ClusterName>(kind: OperationKind, caller: Asker, cluster: C, namespace: string) {
    return { kind, cluster, identity: caller.identity, actsAs: 'archon', namespace, name: '' } as const;
  }
}

const busy = (name: string) =>
  conflict(`the namespace "${name}" is being changed or deleted by somebody else: try again when that has ended`, {
    kind: 'namespaces',
    name,
  });

/** What goes with the project's own namespace. */
const ofProjectsOwn = ({ isInner, project }: NamespaceEntity): StepPlan[] =>
  isInner ? [{ action: 'delete', target: `ProjectQuota "${project}"`, ref: projectQuotaRef(project) }] : [];

const shareOf = (project: string, { id, name }: ClusterConnection): Share => ({ project, clusterId: id, cluster: name });

export const toPlace = ({ project, name, isInner }: NamespaceEntity, cluster: string): NamespacePlace => ({
  project,
  cluster,
  name,
  isInner,
});

const before = (live: (ours: KubernetesObject) => KubernetesObject | undefined) => (ours: KubernetesObject) => {
  const found = live(ours);
  return found && previousOf(found, ours);
};

/** A Secret is never read, and is in each namespace what the settings say. */
const unread = (ours: KubernetesObject): KubernetesObject | undefined => (ours.kind === 'Secret' ? ours : undefined);
