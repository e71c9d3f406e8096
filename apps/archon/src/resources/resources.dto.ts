import { IsIn, IsOptional } from 'class-validator';

export class CreateResourcesQuery {
  /** `All` checks everything on the cluster and changes nothing */
  @IsOptional()
  @IsIn(['All'])
  dryRun?: 'All';
}
