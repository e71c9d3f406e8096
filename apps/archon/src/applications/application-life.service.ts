import { Injectable } from '@nestjs/common';
import { conflict } from '#errors';
import { findWorkloadKind, KubernetesGateway, type Target } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import { AppConfig } from '../config.module.js';
import { ChangeTrial } from '../manifests/change-trial.service.js';
import type { OperationKind } from '../operations/operation-plan.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import type { Component } from './application-changes.js';
import { ApplicationComponents } from './application-components.service.js';
import { type ComponentPatch, patchStep, restartOf, startOf, stopOf } from './application-life.js';
import { applicationLabels, applicationRef, componentKinds, selectorOf } from './application-objects.js';
import { type ApplicationPlace, ApplicationsService, type ChangeOptions } from './applications.service.js';
import { VersionRecorder } from './versions/version-recorder.service.js';

/** Stopping, starting and restarting the workloads of an application, always as the caller (APP-10). */
@Injectable()
export class ApplicationLifeService {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly kubernetes: KubernetesGateway,
    private readonly components: ApplicationComponents,
    private readonly trial: ChangeTrial,
    private readonly operations: OperationRunner,
    private readonly versions: VersionRecorder,
    private readonly config: AppConfig,
  ) {}

  stop(caller: Principal, place: ApplicationPlace, name: string, options: ChangeOptions): Promise<void> {
    return this.change('StopApplication', caller, place, name, options, (workloads) => stopOf(workloads, this.config.labelBaseDomain));
  }

  start(caller: Principal, place: ApplicationPlace, name: string, options: ChangeOptions): Promise<void> {
    return this.change('StartApplication', caller, place, name, options, (workloads) => startOf(workloads, this.config.labelBaseDomain));
  }

  restart(caller: Principal, place: ApplicationPlace, name: string, options: ChangeOptions): Promise<void> {
    return this.change('RestartApplication', caller, place, name, options, (workloads) =>
      restartOf(workloads, this.config.labelBaseDomain, new Date()),
    );
  }

  /** Patches the workloads: nothing else of them is touched, nor taken over from whoever made them. What has begun is finished, also after a crash. */
  private async change(
    kind: OperationKind,
    caller: Principal,
    place: ApplicationPlace,
    name: string,
    { dryRun }: ChangeOptions,
    patchesOf: (workloads: readonly Component[]) => ComponentPatch[],
  ): Promise<void> {
    const { namespace } = place;
    const target = await this.applications.target(caller, place);
    const key = { clusterId: target.cluster.id, namespace, name };
    const basis = await this.versions.basis(key);
    const patches = patchesOf(await this.workloads(target, namespace, name));
    await this.trial.patch(target, patches);
    if (dryRun || patches.length === 0) return;
    await this.operations.run({
      ...this.versions.unrecorded(key, { basis }),
      ...target,
      kind,
      namespace,
      name,
      steps: patches.map(patchStep),
    });
  }

  /** Throws 404 without the application, 409 where a kind of workloads cannot be read: something would be overlooked. */
  private async workloads(target: Target, namespace: string, name: string): Promise<Component[]> {
    const application = await this.kubernetes.get(target, applicationRef(namespace, name));
    const kinds = componentKinds(application).filter(({ group, kind }) => findWorkloadKind(group, kind) !== undefined);
    const selector = selectorOf(applicationLabels(this.config.labelBaseDomain, namespace, name));
    const { components, unread } = await this.components.list(target, namespace, kinds, selector);
    const hidden = unread.find(({ reason }) => reason !== 'NotFound');
    if (hidden === undefined) return components;
    throw conflict(`the workloads of kind ${hidden.kind} cannot be read, so none is changed: ${hidden.message}`, {
      kind: 'Application',
      name,
    });
  }
}
