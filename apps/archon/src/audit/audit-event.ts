import type { Principal } from '../auth/principal.js';

/** As Kubernetes' audit log names them: before anything is done, when a stream has begun, when all is over. */
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete';

/** `Denied`: 401 and 403. Empty while the result is not known. */
export type AuditOutcome = 'Success' | 'Denied' | 'Failure' | '';

/** One event of the audit log. Text is empty, and a number 0, where a part does not apply. */
export interface AuditEvent {
  id: string;
  /** By the clock of the replica. */
  time: Date;
  stage: AuditStage;
  requestId: string;
  /** Empty when the credential, or the lack of one, told nobody. */
  user: string;
  /** Of `Principal.provenBy`; `unverified` for a credential that did not hold. */
  credentialKind: string;
  credentialId: string;
  impersonatedUser: string;
  impersonatedGroups: readonly string[];
  sourceAddress: string;
  userAgent: string;
  cluster: string;
  group: string;
  resource: string;
  subresource: string;
  verb: string;
  namespace: string;
  name: string;
  /** `operationId` of one of Archon's own routes, and the route's template; empty for what went to a cluster. */
  operation: string;
  route: string;
  /** Allow-listed query parameters, as a query. */
  parameters: string;
  code: number;
  outcome: AuditOutcome;
  /** `reason` of the Status that was answered, or why a stream ended. */
  reason: string;
  durationMs: number;
  bytesIn: number;
  bytesOut: number;
}

const MAX_TEXT = 512;
/** A path, a name and a query have less; what a client invents has an end here. */
const MAX_GROUPS = 50;

/** Parameters that say what was touched. All others may hold what a user typed: of exec for one the command, with the password in it. */
const PARAMETERS = new Set([
  'container',
  'dryRun',
  'fieldManager',
  'fieldSelector',
  'follow',
  'force',
  'labelSelector',
  'propagationPolicy',
]);

/** Groups whose "objects" are questions: creating one changes nothing. */
const QUESTIONS = new Set(['authentication.k8s.io', 'authorization.k8s.io']);
const READS = new Set(['get', 'list', 'watch', 'head', 'options']);

/** Whether something is different afterwards. exec, attach, port-forward and what goes through a proxy may change anything. */
export function isChange({ verb, group, subresource }: Pick<AuditEvent, 'verb' | 'group' | 'subresource'>): boolean {
  if (READS.has(verb)) return ['exec', 'attach', 'portforward'].includes(subresource);
  return !(verb === 'create' && QUESTIONS.has(group));
}

export const outcomeOf = (code: number): AuditOutcome => (code === 401 || code === 403 ? 'Denied' : code < 400 ? 'Success' : 'Failure');

/** Text that the database takes and a reader can print: no lone surrogates, no NUL, of bounded length. Line ends are for JSON to escape. */
export function plainText(text: string | undefined, max = MAX_TEXT): string {
  if (text === undefined || text === '') return '';
  return (text.length > max ? text.slice(0, max) : text).toWellFormed().replaceAll('\0', '\ufffd');
}

/** The allow-listed parameters of a query (without `?`), in their order. */
export function auditedParameters(query: string): string {
  if (query === '') return '';
  const kept = [...new URLSearchParams(query)].filter(([name]) => PARAMETERS.has(name));
  return plainText(new URLSearchParams(kept).toString());
}

/** Who: as fields of an event. */
export function auditedCaller(principal: Principal | undefined, showedCredential: boolean) {
  return {
    user: plainText(principal?.user),
    credentialKind: principal?.provenBy.kind ?? (showedCredential ? 'unverified' : ''),
    credentialId: plainText(principal?.provenBy.id),
  };
}

export const auditedGroups = (groups: readonly string[]): string[] => groups.slice(0, MAX_GROUPS).map((group) => plainText(group, 253));
