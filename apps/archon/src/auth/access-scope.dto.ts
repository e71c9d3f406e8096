import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsIn, IsOptional, ValidateNested } from 'class-validator';
import { KubernetesName, KubernetesNames } from '../http/kubernetes-name.decorator.js';
import { SCOPE_VERBS, type AccessScope, type ScopeVerb } from './access-scope.js';

const MAX_ENTRIES = 100;

export class ScopedNamespaceDto {
  /**
   * The cluster; without it the namespaces of this name in every cluster of the scope
   * @example "c1"
   */
  @IsOptional()
  @KubernetesName()
  cluster?: string;

  /** @example "shop" */
  @KubernetesName()
  namespace: string;
}

/** Narrows a token to a part of what its user may do. */
export class AccessScopeDto {
  /**
   * Names of the clusters that it reaches
   * @example ["c1"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ENTRIES)
  @ArrayUnique()
  @KubernetesNames()
  clusters?: string[];

  /**
   * Names of the projects that it reaches: each with its members and settings, and with the namespaces that it has at the time
   * @example ["shop"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ENTRIES)
  @ArrayUnique()
  @KubernetesNames()
  projects?: string[];

  /** The namespaces that it reaches: nothing outside of them but versions and schemas */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ENTRIES)
  @ValidateNested({ each: true })
  @Type(() => ScopedNamespaceDto)
  namespaces?: ScopedNamespaceDto[];

  /**
   * The verbs of Kubernetes that it may use; `create` also stands for exec, attach, port-forward and proxy
   * @example ["get", "list", "watch"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(SCOPE_VERBS, { each: true })
  verbs?: ScopeVerb[];

  /**
   * Nothing but get, list and watch
   * @example true
   */
  @IsOptional()
  @IsBoolean()
  readOnly?: boolean;
}

/** A scope without fields that say nothing. */
export const toAccessScope = ({ clusters, projects, namespaces, verbs, readOnly }: AccessScopeDto): AccessScope => ({
  ...(clusters === undefined ? {} : { clusters }),
  ...(projects === undefined ? {} : { projects }),
  ...(namespaces === undefined
    ? {}
    : { namespaces: namespaces.map(({ cluster, namespace }) => ({ ...(cluster === undefined ? {} : { cluster }), namespace })) }),
  ...(verbs === undefined ? {} : { verbs }),
  ...(readOnly === true ? { readOnly } : {}),
});
