import type { ChainedEvent } from './audit-chain.js';
import type { AuditOutcome, AuditStage } from './audit-event.js';

/** A row of `audit_events` as the driver gives it. */
export interface EventRow {
  sequence: string;
  recorded_at: Date;
  id: string;
  time: Date;
  stage: AuditStage;
  request_id: string;
  user_name: string;
  credential_kind: string;
  credential_id: string;
  impersonated_user: string;
  impersonated_groups: string[];
  source_address: string;
  user_agent: string;
  cluster: string;
  api_group: string;
  resource: string;
  subresource: string;
  verb: string;
  namespace: string;
  name: string;
  operation: string;
  route: string;
  parameters: string;
  code: number;
  outcome: AuditOutcome;
  reason: string;
  duration_ms: number;
  bytes_in: string;
  bytes_out: string;
  hash: Buffer;
}

/** The row to be written, for `json_populate_recordset`. */
export function toRow(event: ChainedEvent): Record<keyof EventRow, unknown> {
  return {
    sequence: event.sequence,
    recorded_at: event.recordedAt,
    id: event.id,
    time: event.time,
    stage: event.stage,
    request_id: event.requestId,
    user_name: event.user,
    credential_kind: event.credentialKind,
    credential_id: event.credentialId,
    impersonated_user: event.impersonatedUser,
    impersonated_groups: event.impersonatedGroups,
    source_address: event.sourceAddress,
    user_agent: event.userAgent,
    cluster: event.cluster,
    api_group: event.group,
    resource: event.resource,
    subresource: event.subresource,
    verb: event.verb,
    namespace: event.namespace,
    name: event.name,
    operation: event.operation,
    route: event.route,
    parameters: event.parameters,
    code: event.code,
    outcome: event.outcome,
    reason: event.reason,
    duration_ms: event.durationMs,
    bytes_in: event.bytesIn,
    bytes_out: event.bytesOut,
    hash: `\\x${event.hash.toString('hex')}`,
  };
}

export const toEvent = (row: EventRow): ChainedEvent => ({
  sequence: Number(row.sequence),
  recordedAt: row.recorded_at,
  id: row.id,
  time: row.time,
  stage: row.stage,
  requestId: row.request_id,
  user: row.user_name,
  credentialKind: row.credential_kind,
  credentialId: row.credential_id,
  impersonatedUser: row.impersonated_user,
  impersonatedGroups: row.impersonated_groups,
  sourceAddress: row.source_address,
  userAgent: row.user_agent,
  cluster: row.cluster,
  group: row.api_group,
  resource: row.resource,
  subresource: row.subresource,
  verb: row.verb,
  namespace: row.namespace,
  name: row.name,
  operation: row.operation,
  route: row.route,
  parameters: row.parameters,
  code: row.code,
  outcome: row.outcome,
  reason: row.reason,
  durationMs: row.duration_ms,
  bytesIn: Number(row.bytes_in),
  bytesOut: Number(row.bytes_out),
  hash: row.hash,
});

/** All columns of `audit_events`. */
export const EVENT_COLUMNS =
  'sequence, recorded_at, id, time, stage, request_id, user_name, credential_kind, credential_id, impersonated_user, impersonated_groups, ' +
  'source_address, user_agent, cluster, api_group, resource, subresource, verb, namespace, name, operation, route, parameters, code, outcome, ' +
  'reason, duration_ms, bytes_in, bytes_out, hash';
