import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { SCOPE_VERBS } from '../auth/access-scope.js';

const MAX_QUESTIONS = 100;
/** Verbs that are asked of functions; clusters know more of them. */
const ACTIONS = [...SCOPE_VERBS];

/**
 * Either what a cluster's RBAC decides (`cluster`, `verb`, `resource` …), or what Archon decides (`function`, `action`), in a place.
 */
export class AccessQuestion {
  /**
   * Of the registered cluster
   * @example "c1"
   */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  cluster?: string;

  /** @example "shop-dev" */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  namespace?: string;

  /**
   * Of a Kubernetes request
   * @example "create"
   */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  verb?: string;

  /**
   * Empty for the core group
   * @example "apps"
   */
  @IsOptional()
  @IsString()
  @MaxLength(253)
  group?: string;

  /** @example "deployments" */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  resource?: string;

  /** @example "scale" */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  subresource?: string;

  /** Of one object; absent: of any */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  name?: string;

  /**
   * Of Archon: see `/acp/v1/permissions`
   * @example "acp-namespaces"
   */
  @IsOptional()
  @IsString()
  @Length(1, 253)
  function?: string;

  /** Of a function */
  @IsOptional()
  @IsIn(ACTIONS)
  action?: (typeof ACTIONS)[number];

  /** @example "shop" */
  @IsOptional()
  @IsString()
  @Length(1, 63)
  project?: string;
}

export class CanIRequest extends AccessQuestion {
  /** Several questions at once, instead of one */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_QUESTIONS)
  @ValidateNested({ each: true })
  @Type(() => AccessQuestion)
  items?: AccessQuestion[];
}

export class ExplainAccessRequest extends AccessQuestion {
  /**
   * Somebody else, for administrators and auditors; absent: the caller. Groups that an identity provider only tells in a token are not known here
   * @example "jane@example.org"
   */
  @IsOptional()
  @IsString()
  @Length(1, 512)
  user?: string;

  /**
   * Instead: whoever comes with the API token of this id, with its scope. One's own; for administrators and auditors everybody's
   * @example "6f0d0f5e-4a08-4a4f-9a43-5b7d3c3f8a52"
   */
  @IsOptional()
  @IsUUID()
  token?: string;

  /** Instead: whoever comes with the session of this id */
  @IsOptional()
  @IsUUID()
  session?: string;
}

export class CanIAnswer {
  allowed: boolean;

  /** What allows it, or what is missing */
  reason: string;
}

export class CanIResponse {
  /** Of one question */
  allowed?: boolean;

  reason?: string;

  /** Of several, in their order */
  items?: CanIAnswer[];
}

export class GrantResponse {
  /** @example "namespace-developer-system" */
  role: string;
  scope: 'platform' | 'cluster' | 'project' | 'namespace';
  project?: string;
  cluster?: string;
  namespace?: string;
}

export class AccessExplanation extends CanIAnswer {
  /** @example "jane@example.org" */
  user: string;

  /** `scope`: of the credential; `platform`: a role on the whole platform; `membership`; `cluster`: its own RBAC */
  decidedBy: 'scope' | 'platform' | 'membership' | 'cluster';

  /** The one that allows it */
  membership?: GrantResponse;

  /** All that the user is a member of */
  memberships: GrantResponse[];

  /** As the cluster sees the user there */
  groups?: string[];

  /** Each of them would allow it; the narrowest first */
  grants: GrantResponse[];
}
