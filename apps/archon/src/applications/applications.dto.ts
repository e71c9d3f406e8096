import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';

export class ListApplicationsQuery {
  /** Applications per page */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;

  /** Continue token of the page before */
  @IsOptional()
  @IsString()
  @Length(1, 8192)
  continue?: string;

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

export class CreateApplicationQuery extends ChangeQuery {
  /** Name of the application when the body holds only its components */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  name?: string;
}
