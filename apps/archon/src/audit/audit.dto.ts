import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { PageQuery } from '../http/page.dto.js';
import type { ChainedEvent } from './audit-chain.js';

const STAGES = ['RequestReceived', 'ResponseComplete'] as const;
const OUTCOMES = ['Success', 'Denied', 'Failure'] as const;
const Text = () => (target: object, key: string) => [IsOptional(), IsString(), Length(1, 512)].forEach((check) => check(target, key));

/** Filters are combined: an event must fit all that are given. Text must be equal. */
export class ListAuditEventsQuery extends PageQuery {
  /** Who sent the request */
  @Text()
  user?: string;

  @Text()
  cluster?: string;

  @Text()
  namespace?: string;

  /** Plural name, as in `pods` or `accesstoken` */
  @Text()
  resource?: string;

  /** Of the object */
  @Text()
  name?: string;

  /** `create`, `update`, `patch`, `delete`, `deletecollection`, `get`, `list`, `watch` */
  @Text()
  verb?: string;

  @IsOptional()
  @IsIn(OUTCOMES)
  outcome?: (typeof OUTCOMES)[number];

  @IsOptional()
  @IsIn(STAGES)
  stage?: (typeof STAGES)[number];

  /** HTTP status code of the answer */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(100)
  @Max(599)
  code?: number;

  @Text()
  requestId?: string;

  /** Address of the client */
  @Text()
  sourceAddress?: string;

  /** Recorded at this time or later (ISO 8601) */
  @IsOptional()
  @IsISO8601({ strict: true })
  since?: string;

  /** Recorded before this time (ISO 8601) */
  @IsOptional()
  @IsISO8601({ strict: true })
  until?: string;
}

export class AuditCredentialResponse {
  /** `token`, `session`, `oidc` or `serviceaccount`; `unverified` when it did not hold @example "token" */
  kind: string;
  /** Of the token or session; never the credential itself @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  id?: string;
}

export class AuditImpersonationResponse {
  /** @example "system:serviceaccount:shop:deployer" */
  user: string;
  groups: string[];
}

/** Fields that do not apply are absent. */
export class AuditEventResponse {
  /**
   * Place in the chain
   * @example 4711
   */
  sequence: number;
  /**
   * When it happened, by the clock of the replica
   * @example "2026-11-23T20:00:00.000Z"
   */
  time: string;
  /**
   * When it was recorded, by the clock of the database: the order of the list
   * @example "2026-11-23T20:00:00.100Z"
   */
  recordedAt: string;
  /**
   * `RequestReceived`: before a change is made or a stream begins; `ResponseComplete`: when all is over
   * @example "ResponseComplete"
   */
  stage: string;
  /** @example "0d0f6f5e-4a08-4a4f-9a43-5b7d3c3f8a52" */
  requestId: string;
  /** @example "jane@example.org" */
  user?: string;
  credential?: AuditCredentialResponse;
  impersonated?: AuditImpersonationResponse;
  /** @example "192.0.2.7" */
  sourceAddress: string;
  /** @example "kubectl/v1.36.0 (linux/amd64)" */
  userAgent?: string;
  /** @example "c1" */
  cluster?: string;
  /** @example "apps" */
  group?: string;
  /** @example "deployments" */
  resource?: string;
  /** @example "scale" */
  subresource?: string;
  /** @example "patch" */
  verb: string;
  /** @example "shop" */
  namespace?: string;
  /** @example "web" */
  name?: string;
  /**
   * `operationId`, for Archon's own routes
   * @example "createAccessToken"
   */
  operation?: string;
  /**
   * Template of the route; for requests to clusters the path, where it is that of no resource
   * @example "/auth/v1/accesstoken"
   */
  route?: string;
  /**
   * Query parameters that say what was touched
   * @example "dryRun=All"
   */
  parameters?: string;
  /**
   * HTTP status code; 101 for a change of protocol, 499 when the client went away before there was an answer
   * @example 200
   */
  code?: number;
  /** @example "Success" */
  outcome?: string;
  /**
   * Of the failure, or of the end of a stream
   * @example "Forbidden"
   */
  reason?: string;
  /** @example 12 */
  durationMs?: number;
  /** Bytes from the client @example 512 */
  bytesIn?: number;
  /** Bytes to the client @example 2048 */
  bytesOut?: number;
  /**
   * SHA-256 over the hash of the event before and this event, in hexadecimal
   * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
   */
  hash: string;
}

export class AuditEventListMetadata {
  /** Token for the next page; absent on the last one. A page may hold fewer events than `limit`, or none, and still have it */
  continue?: string;
}

export class AuditEventListResponse {
  /** @example "AuditEventList" */
  kind: string;
  metadata: AuditEventListMetadata;
  items: AuditEventResponse[];
}

const given = <K extends string>(key: K, text: string) => (text === '' ? {} : ({ [key]: text } as Record<K, string>));

export function toAuditEventResponse(event: ChainedEvent): AuditEventResponse {
  return {
    sequence: event.sequence,
    time: event.time.toISOString(),
    recordedAt: event.recordedAt.toISOString(),
    stage: event.stage,
    requestId: event.requestId,
    ...given('user', event.user),
    ...(event.credentialKind === '' ? {} : { credential: { kind: event.credentialKind, ...given('id', event.credentialId) } }),
    ...(event.impersonatedUser === '' ? {} : { impersonated: { user: event.impersonatedUser, groups: [...event.impersonatedGroups] } }),
    sourceAddress: event.sourceAddress,
    ...given('userAgent', event.userAgent),
    ...given('cluster', event.cluster),
    ...given('group', event.group),
    ...given('resource', event.resource),
    ...given('subresource', event.subresource),
    verb: event.verb,
    ...given('namespace', event.namespace),
    ...given('name', event.name),
    ...given('operation', event.operation),
    ...given('route', event.route),
    ...given('parameters', event.parameters),
    ...(event.stage === 'RequestReceived'
      ? {}
      : {
          code: event.code,
          outcome: event.outcome,
          durationMs: event.durationMs,
          bytesIn: event.bytesIn,
          bytesOut: event.bytesOut,
          ...given('reason', event.reason),
        }),
    hash: event.hash.toString('hex'),
  };
}
