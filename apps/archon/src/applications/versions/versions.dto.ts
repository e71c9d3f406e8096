import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import type { KubernetesObject } from '#kubernetes';
import { PageQuery } from '../../http/page.dto.js';
import { ChangeQuery } from '../applications.dto.js';
import type { VersionRow } from './version-ledger.repository.js';

/** As JSON has them; numbers with all their digits. */
const VALUE = {
  anyOf: [
    { type: 'object', additionalProperties: true },
    { type: 'array', items: {} },
    ...['string', 'number', 'boolean', 'null'].map((type) => ({ type })),
  ],
};

export class VersionQuery {
  /** UID of an earlier application of this name; the one that is there, or was there last, when absent */
  @IsOptional()
  @IsUUID()
  uid?: string;
}

export class ListVersionsQuery extends PageQuery {
  /** As for a single version */
  @IsOptional()
  @IsUUID()
  uid?: string;
}

export class CompareVersionsQuery extends VersionQuery {
  /**
   * Another revision, or `live` for what is in the cluster
   * @example "live"
   */
  @IsOptional()
  @IsString()
  @Matches(/^(live|[1-9]\d{0,8})$/, { message: 'must be "live" or a revision' })
  to?: string;
}

export class SnapshotQuery extends ChangeQuery {
  /**
   * Where the change was asked for
   * @example "SHOP-42"
   */
  @IsOptional()
  @IsString()
  @Length(1, 256)
  ticket?: string;
}

export class VersionObjectName {
  /** @example "apps" */
  group: string;
  /** @example "Deployment" */
  kind: string;
  /** @example "web" */
  name: string;
}

export class VersionObject extends VersionObjectName {
  /** Of the manifest, in hexadecimal: equal digests are equal manifests */
  digest: string;
}

export class VersionChanges {
  create: VersionObjectName[];
  update: VersionObjectName[];
  delete: VersionObjectName[];
}

export class VersionResponse {
  /** @example 3 */
  revision: number;
  /** Of the Application */
  uid: string;
  /** Why it was made; empty when that was not told */
  changeCause: string;
  /** Where it was asked for; empty when that was not told */
  ticket: string;
  /** @example "jane@example.org" */
  user: string;
  /** @example "2026-11-23T20:00:00.000Z" */
  creationTimestamp: string;
  /** Whether a change made it; else it was asked for */
  automatic: boolean;
  /** The operation that made it */
  operation?: string;
  /** The images of all containers */
  images: string[];
  /** Against the version before */
  diff: VersionChanges;
  /** Of all manifests, in hexadecimal: versions with equal digests are equal */
  digest: string;
}

export class UnreadKindResponse {
  /** @example "Secret" */
  kind: string;
  /** @example "Forbidden" */
  reason: string;
  message: string;
}

export class WholeVersionResponse extends VersionResponse {
  /** The Application and its components, as they are called */
  objects: VersionObject[];
  /** Their manifests, without values of Secrets */
  @ApiProperty({ type: 'array', items: { $ref: '#/components/schemas/KubernetesObject' } })
  resources: KubernetesObject[];
  /** Kinds that the caller may not read: their manifests are left out */
  unread: UnreadKindResponse[];
}

export class VersionListMetadata {
  /** Token for the next page; absent on the last one */
  continue?: string;
}

export class VersionListResponse {
  /** @example "ApplicationVersionList" */
  kind: string;
  metadata: VersionListMetadata;
  /** Newest first */
  items: VersionResponse[];
}

export class FieldChangeResponse {
  /** @example "spec.template.spec.containers[name=web].image" */
  path: string;
  change: 'create' | 'update' | 'delete';
  /** Absent where it was not there before, and of Secrets */
  @ApiPropertyOptional(VALUE)
  old?: unknown;
  /** Absent where it is not there any more, and of Secrets */
  @ApiPropertyOptional(VALUE)
  new?: unknown;
}

export class ObjectChangeResponse extends VersionObjectName {
  change: 'create' | 'update' | 'delete';
  /** Of an object that is there on both sides */
  fields: FieldChangeResponse[];
}

export class VersionDiffResponse {
  /** @example "ApplicationVersionDiff" */
  kind: string;
  /** @example "3" */
  from: string;
  /** A revision, or `live` */
  to: string;
  /** Those that differ */
  objects: ObjectChangeResponse[];
  /** Kinds that the caller may not read: they are not compared */
  unread: UnreadKindResponse[];
}

export const toVersionResponse = (row: VersionRow): VersionResponse => ({
  revision: row.revision,
  uid: row.uid,
  changeCause: row.changeCause,
  ticket: row.ticket,
  user: row.user,
  creationTimestamp: row.createdAt.toISOString(),
  automatic: row.operationId !== null,
  ...(row.operationId === null ? {} : { operation: row.operationId }),
  images: row.images,
  diff: row.changes,
  digest: row.digest.toString('hex'),
});
