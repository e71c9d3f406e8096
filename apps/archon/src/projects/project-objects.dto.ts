import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { KubernetesListQuery } from './official-projects.dto.js';
import type { IncludeObject } from '../http/kubernetes-table.js';

export class ListProjectObjectsQuery extends KubernetesListQuery {
  /** How much of each object a table carries */
  @IsOptional()
  @IsIn(['None', 'Metadata', 'Object'])
  includeObject?: IncludeObject;
}

export class GetProjectObjectQuery {
  /** How much of the object a table carries */
  @IsOptional()
  @IsIn(['None', 'Metadata', 'Object'])
  includeObject?: IncludeObject;

  /** Accepted and not needed, as every answer is the newest */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  resourceVersion?: string;
}

/** What kubectl says of a change besides the change itself. */
export class ChangeProjectObjectQuery {
  /** `All` checks everything, answers what would be stored, and changes nothing */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';

  /** Accepted and not needed: nobody owns single fields of a project */
  @IsOptional()
  @IsString()
  @MaxLength(128)
  fieldManager?: string;

  /** Accepted and not needed: unknown fields are always refused */
  @IsOptional()
  @IsIn(['Ignore', 'Warn', 'Strict'])
  fieldValidation?: string;

  /** Of a server-side apply, which is answered with 415 */
  @IsOptional()
  @IsIn(['true', 'false'])
  force?: string;
}
