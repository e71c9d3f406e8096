import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { PageQuery } from '../http/page.dto.js';

export class ListApplicationsQuery extends PageQuery {
  /**
   * Kubernetes label selector
   * @example "tier in (front, back)"
   */
  @IsOptional()
  @IsString()
  @Length(1, 4096)
  labelSelector?: string;

  /**
   * Kubernetes field selector
   * @example "metadata.name=shop"
   */
  @IsOptional()
  @IsString()
  @Length(1, 4096)
  fieldSelector?: string;
}

export class ChangeQuery {
  /** `All` checks everything on the cluster and changes nothing */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}

/** Of changes that make a version. */
export class NotedChangeQuery extends ChangeQuery {
  /**
   * Why it is changed; when absent, what the annotation `kubernetes.io/change-cause` says anew
   * @example "the new logo"
   */
  @IsOptional()
  @IsString()
  @Length(1, 1024)
  changeCause?: string;

  /**
   * Where the change was asked for
   * @example "SHOP-42"
   */
  @IsOptional()
  @IsString()
  @Length(1, 256)
  ticket?: string;
}

export class UpdateApplicationQuery extends NotedChangeQuery {
  /** `true`: every workload that runs replaces its Pods by its update strategy, for changed ConfigMaps and Secrets too */
  @IsOptional()
  @IsIn(['true', 'false'])
  forceUpdatePod?: 'true' | 'false';
}

export class CreateApplicationQuery extends NotedChangeQuery {
  /**
   * `form`: the body is an ApplicationForm; with `dryRun=All` the answer has what would be made in `spec.componentTemplates`
   * @example "form"
   */
  @IsOptional()
  @IsString()
  @ApiProperty({ enum: ['form'], required: false })
  from?: string;

  /** Name of the application when the body holds only its components */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  name?: string;
}

export const toOptions = ({ dryRun, changeCause, ticket }: NotedChangeQuery) => ({
  dryRun: dryRun === 'All',
  note: { changeCause, ticket },
});

export const toUpdateOptions = ({ forceUpdatePod, ...query }: UpdateApplicationQuery) => ({
  ...toOptions(query),
  forceUpdatePod: forceUpdatePod === 'true',
});
