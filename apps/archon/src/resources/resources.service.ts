import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { requireRequestsInScope } from '../auth/scoped-access.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { ChangeTrial } from '../manifests/change-trial.service.js';
import { ObjectLocator } from '../manifests/object-locator.service.js';
import { OperationRunner } from '../operations/operation-runner.service.js';
import { creationOf, creationPlan } from './creation.js';
import { faultForType, readListedObjects, WHOLE } from './listed-objects.js';

/** Objects of any kinds, always as the caller. */
@Injectable()
export class ResourcesService {
  constructor(
    private readonly clusters: ClustersService,
    private readonly locator: ObjectLocator,
    private readonly trial: ChangeTrial,
    private readonly operations: OperationRunner,
  ) {}

  /** Makes all objects or none, after the cluster has tried each. */
  async create(caller: Principal, clusterName: string, documents: readonly unknown[], { dryRun }: { dryRun: boolean }): Promise<void> {
    const objects = readListedObjects(documents);
    const cluster = await this.clusters.connection(clusterName);
    const located = await this.locator.locate(cluster, WHOLE, objects, faultForType);
    const refs = located.map(({ ref }) => ref);
    requireRequestsInScope(caller.scope, cluster.name, refs.map(creationOf));
    const identity = caller.identityAcross(
      cluster.name,
      refs.map(({ namespace }) => namespace),
    );
    await this.trial.create({ cluster, identity }, located);
    if (!dryRun) await this.operations.run({ ...creationPlan(located), cluster, identity });
  }
}
