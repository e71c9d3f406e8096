import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { KubernetesName } from '../http/kubernetes-name.decorator.js';

const GROUP = /^(?!system:)[\x21-\x7e]([\x20-\x7e]{0,510}[\x21-\x7e])?$/;
const toBoolean = ({ value }: { value: unknown }): unknown =>
  value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;

export class WriteQuery {
  /** `All`: the cluster is tried and what is found out is told; nothing is stored, here or in the cluster */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}

/** Which clusters a list shows. */
class ClustersQuery {
  /**
   * Only clusters whose labels match, as Kubernetes' label selectors say
   * @example "region=eu,tier in (gold,silver)"
   */
  @IsOptional()
  @IsString()
  labelSelector?: string;

  /**
   * Only clusters whose fields match: `metadata.name`, `metadata.uid`, `spec.disabled`
   * @example "metadata.name!=c1"
   */
  @IsOptional()
  @IsString()
  fieldSelector?: string;

  /** At most so many clusters; `metadata.continue` leads to the next ones */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(10_000)
  limit?: number;

  /** `metadata.continue` of the page before */
  @IsOptional()
  @IsString()
  continue?: string;
}

export class SortedClustersQuery extends ClustersQuery {
  /**
   * By name, or backwards
   * @example "-name"
   */
  @IsOptional()
  @IsIn(['name', '-name'])
  sort?: 'name' | '-name';
}

/** The query of the official operation. */
export class RegistryClustersQuery extends ClustersQuery {
  /** Of a watch: changes after this version are told. Of a list: accepted and not needed, as every list is the newest */
  @IsOptional()
  @Matches(/^\d{1,18}$/)
  resourceVersion?: string;

  /** Answers with changes as they happen, one JSON object per line, instead of the list */
  @IsOptional()
  @Transform(toBoolean)
  @IsBoolean()
  watch?: boolean;

  /** A watch ends after so many seconds */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(3600)
  timeoutSeconds?: number;

  /** A watch tells once a minute, and before its end, up to which version all changes were told */
  @IsOptional()
  @Transform(toBoolean)
  @IsBoolean()
  allowWatchBookmarks?: boolean;
}

const toList = ({ value }: { value: unknown }): unknown => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

export class BootstrapQuery {
  /**
   * Groups whose members Archon may act for in the cluster, besides the platform's own; may be given several times
   * @example ["example:developers"]
   */
  @Transform(toList)
  @ArrayMaxSize(200)
  @Matches(GROUP, { each: true, message: 'must be printable ASCII, not beginning with "system:"' })
  groups: string[] = [];

  /** `true`: also the right to act for ServiceAccounts, which `spec.serviceAccountTokens` needs. It holds for all of them, and some of `kube-system` may do nearly everything */
  @IsOptional()
  @IsIn(['true', 'false'])
  serviceAccounts?: 'true' | 'false';
}

export class NamedBootstrapQuery extends BootstrapQuery {
  /** @example "c1" */
  @KubernetesName()
  name: string;
}
