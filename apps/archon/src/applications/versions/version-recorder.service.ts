import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { conflict } from '#errors';
import type { KubernetesObject } from '#kubernetes';
import type { EndedOperation, OperationKind, OperationPlan } from '../../operations/operation-plan.js';
import { OperationRunner } from '../../operations/operation-runner.service.js';
import { imagesOf } from './manifest.js';
import { ManifestStore } from './manifest-store.repository.js';
import {
  type ApplicationKey,
  type Basis,
  type VersionBase,
  VersionLedger,
  type VersionNote,
  type VersionRow,
} from './version-ledger.repository.js';

/** Operations that make a version when they succeed: a further one is a further name here. */
const RECORDED = ['CreateApplication', 'UpdateApplication'] as const satisfies readonly OperationKind[];

/** The annotation of an Application that says why it was changed last, as kubectl writes it. */
const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** The change cause of a version that nobody has asked for. */
const BASE = 'as it was before the first recorded change';

/** Why a caller changes an application, as far as that was told. */
export interface GivenNote {
  changeCause?: string | undefined;
  ticket?: string | undefined;
}

/** An application with its components, as they are, or as a dry run has told that they will be. */
interface ApplicationState {
  application: KubernetesObject;
  components: readonly KubernetesObject[];
}

/** A state of an application that becomes a version. */
export interface RecordedState extends ApplicationState {
  user: string;
  note: GivenNote;
  /** As it is now; absent for one that is about to be made. */
  live?: ApplicationState;
}

/**
 * Makes versions. What an operation will have made is stored together with its plan, and becomes a version together with its success: after a
 * crash at any moment there is one version of what was done, and none of what was undone.
 */
@Injectable()
export class VersionRecorder implements OnModuleInit {
  constructor(
    private readonly ledger: VersionLedger,
    private readonly manifests: ManifestStore,
    private readonly operations: OperationRunner,
  ) {}

  onModuleInit(): void {
    for (const kind of RECORDED) this.operations.onEnd(kind, (manager, ended) => this.ended(manager, ended));
    this.operations.onEnd('DeleteApplication', async (manager, ended) => {
      if (ended.phase === 'Succeeded') await this.ledger.expire(manager, ended);
    });
  }

  /** Asked before an application is read: what is decided from that reading is refused if the application is changed in between. */
  basis(key: ApplicationKey): Promise<Basis> {
    return this.ledger.basis(key);
  }

  /**
   * The part of a plan that records what it will have made; of an application without versions also what there was before. Beginning it throws 409
   * when the application was changed since `basis`; without one (a creation) it is not asked what was there.
   */
  async recording(key: ApplicationKey, state: RecordedState, read: { basis: Basis } | undefined): Promise<Pick<OperationPlan, 'store'>> {
    const draft = { ...(await this.draftOf(state)), uid: uidOf(state) ?? null };
    const base = await this.baseOf(key, state);
    const store = async (manager: EntityManager, operationId: string) => {
      if (!(await this.ledger.keep(manager, key, draft, { operationId, read, base }))) throw changedMeanwhile(key.name);
    };
    return { store };
  }

  /**
   * The part of a plan that changes or deletes an application and makes no version: whoever has read the application before may not change it after.
   * With a basis, beginning it throws 409 when the application was changed since.
   */
  unrecorded(key: ApplicationKey, read?: { basis: Basis }): Pick<OperationPlan, 'store'> {
    const store = async (manager: EntityManager) => {
      if (!(await this.ledger.touch(manager, key, read))) throw changedMeanwhile(key.name);
    };
    return { store };
  }

  /** Makes a version of an application as it is, also when nothing has changed. Throws 409 when it was changed since `basis`. */
  async snapshot(key: ApplicationKey, state: RecordedState, options: { basis: Basis; dryRun: boolean }): Promise<VersionRow> {
    const draft = { ...(await this.draftOf(state)), uid: uidOf(state) ?? '' };
    const version = await this.ledger.record(key, draft, options);
    if (version === undefined) throw changedMeanwhile(key.name);
    return version;
  }

  /** What there was before the first change that is recorded: without it nobody could go back to it. */
  private async baseOf(key: ApplicationKey, { user, live }: RecordedState): Promise<VersionBase | undefined> {
    const uid = live?.application.metadata.uid;
    if (live === undefined || uid === undefined || (await this.ledger.newestUid(key)) === uid) return undefined;
    return { ...(await this.draftOf({ user, note: { changeCause: BASE }, ...live })), uid };
  }

  private async draftOf({ user, note, application, components, live }: RecordedState) {
    const manifests = await this.manifests.prepare([application, ...components]);
    const noted: VersionNote = { user, changeCause: changeCauseOf(note, application, live), ticket: note.ticket ?? '' };
    return { ...noted, manifests, images: imagesOf(manifests.map(({ manifest }) => manifest)) };
  }

  private async ended(manager: EntityManager, ended: EndedOperation): Promise<void> {
    if (ended.phase === 'Succeeded') await this.ledger.publishOf(manager, ended, ended.id);
    else await this.ledger.dropOf(manager, ended.id);
  }
}

const uidOf = ({ live }: RecordedState): string | undefined => live?.application.metadata.uid;

/** What the caller says; else what the Application says anew: an annotation that stands there from before tells of an earlier change. */
function changeCauseOf({ changeCause }: GivenNote, application: KubernetesObject, live: ApplicationState | undefined): string {
  const annotated = application.metadata.annotations?.[CHANGE_CAUSE];
  const isNew = annotated !== undefined && annotated !== live?.application.metadata.annotations?.[CHANGE_CAUSE];
  return changeCause ?? (isNew ? annotated : '');
}

const changedMeanwhile = (name: string) =>
  conflict(`the application "${name}" was changed since it was read: try again`, { kind: 'Application', name });
