import type { StatusCause } from '#errors';

/** What a claim of a job's token must be: a text, or a pattern. */
export interface ClaimCondition {
  claim: string;
  equals?: string | undefined;
  /** `*` stands for a part without `/` and `:`, `**` for anything. */
  glob?: string | undefined;
}

/** Claims that say whose job it is: of any issuer, of GitHub Actions, of GitLab. Anybody may have jobs at those issuers. */
const BINDING = new Set([
  'sub',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'project_path',
  'project_id',
  'namespace_path',
  'namespace_id',
]);
/** Checked for each token already, or different in each. */
const NOT_FOR_RULES = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp']);
const MAX_VALUE = 1024;

/** Whether a token fulfils all conditions. A claim that is absent, a list or an object fulfils none. */
export const fulfils = (claims: Readonly<Record<string, unknown>>, conditions: readonly ClaimCondition[]): boolean =>
  conditions.length > 0 && conditions.every((condition) => holds(condition, claimText(claims, condition.claim)));

/** What is wrong with the conditions of a rule: they must name whose job it is, and none may hold for everything. */
export function conditionFaults(conditions: readonly ClaimCondition[], field: string): StatusCause[] {
  const faults = conditions.flatMap((condition, index) => {
    const message = conditionFault(condition);
    return message === undefined ? [] : [{ field: `${field}[${index}]`, message }];
  });
  if (faults.length > 0 || conditions.some(binds)) return faults;
  const message =
    `must say whose job it is: give one of the claims ${[...BINDING].join(', ')} with equals, ` +
    'or with a glob that has the owner and a "/" before its first "*"';
  return [{ field, message }];
}

function conditionFault({ claim, equals, glob }: ClaimCondition): string | undefined {
  if (NOT_FOR_RULES.has(claim)) return `must not be of the claim ${claim}, which is checked for every token`;
  if ((equals === undefined) === (glob === undefined)) return 'must have either equals or glob';
  if (glob !== undefined && /^[*/:]*$/.test(glob)) return 'must not hold for everything';
  return undefined;
}

function binds({ claim, equals, glob }: ClaimCondition): boolean {
  if (!BINDING.has(claim)) return false;
  return equals !== undefined || (glob?.split('*')[0]?.includes('/') ?? false);
}

function holds({ equals, glob }: ClaimCondition, value: string | undefined): boolean {
  if (value === undefined || value.length > MAX_VALUE) return false;
  return equals === undefined ? glob !== undefined && matchesGlob(glob, value) : equals === value;
}

/** GitLab writes all claims as texts, others also numbers and truth values. */
function claimText(claims: Readonly<Record<string, unknown>>, claim: string): string | undefined {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Goes through the pattern once and keeps all places in the text that it may have come to: no pattern takes long. */
export function matchesGlob(glob: string, text: string): boolean {
  let places = new Set([0]);
  for (const part of glob.split(/(\*+)/)) {
    if (part === '') continue;
    places = part.startsWith('*') ? after(places, text, part.length > 1) : behind(places, text, part);
  }
  return places.has(text.length);
}

const behind = (places: ReadonlySet<number>, text: string, part: string): Set<number> =>
  new Set([...places].filter((place) => text.startsWith(part, place)).map((place) => place + part.length));

function after(places: ReadonlySet<number>, text: string, crosses: boolean): Set<number> {
  const reached = new Set(places);
  for (let place = 0; place < text.length; place++)
    if (reached.has(place) && (crosses || !'/:'.includes(text.charAt(place)))) reached.add(place + 1);
  return reached;
}
