import { OPERATION_PHASES, type OperationEntity } from './operation.entity.js';
import type { OperationStepEntity } from './operation-step.entity.js';

export class OperationStepResponse {
  /** @example "apply" */
  name: 'apply' | 'create' | 'patch' | 'delete' | 'gone';
  /** Where the operation reaches over several clusters */
  cluster?: string;
  /** @example "Deployment.apps \"web\"" */
  target: string;
  /** @example "Done" */
  state: 'Pending' | 'Done' | 'Adopted' | 'Undone' | 'Failed';
  message: string;
  startedAt?: string;
  finishedAt?: string;
}

export class OperationRequestResponse {
  /** @example "c1" */
  cluster: string;
  /** @example "default" */
  namespace: string;
  /** @example "shop" */
  name: string;
}

export class OperationResponse {
  /** @example "0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  id: string;
  /** @example "CreateApplication" */
  kind: string;
  /** @example "Succeeded" */
  phase: (typeof OPERATION_PHASES)[number];
  /** Why it is in this phase */
  message: string;
  /** @example "jane@example.org" */
  user: string;
  request: OperationRequestResponse;
  /** @example "2026-11-23T20:00:00.000Z" */
  createdAt: string;
  finishedAt?: string;
  steps: OperationStepResponse[];
}

export class OperationListMetadata {
  /** Token for the next page; absent on the last one */
  continue?: string;
}

export class OperationListResponse {
  /** @example "OperationList" */
  kind: string;
  metadata: OperationListMetadata;
  items: OperationResponse[];
}

const at = <K extends string>(key: K, time: Date | null) => (time === null ? {} : ({ [key]: time.toISOString() } as Record<K, string>));

export function toOperationResponse(row: OperationEntity, steps: OperationStepEntity[]): OperationResponse {
  return {
    id: row.id,
    kind: row.kind,
    phase: row.phase,
    message: row.message,
    user: row.userName,
    request: { cluster: row.clusterName, namespace: row.namespace, name: row.name },
    createdAt: row.createdAt.toISOString(),
    ...at('finishedAt', row.finishedAt),
    steps: steps.map((step) => ({
      name: step.action,
      ...(step.clusterName === null ? {} : { cluster: step.clusterName }),
      target: step.target,
      state: step.state,
      message: step.message,
      ...at('startedAt', step.startedAt),
      ...at('finishedAt', step.finishedAt),
    })),
  };
}
