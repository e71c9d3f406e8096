const MIN_LENGTH = 12;
/** More is not safer, and hashing without a limit would be a way to keep the server busy. */
const MAX_LENGTH = 128;
const MIN_DIFFERENT = 5;

/** One password for all ways of typing it: composed and decomposed accents, full-width forms (NIST SP 800-63B, 3.1.1.2). */
export const normalizePassword = (text: string): string => text.normalize('NFKC');

/**
 * Why a password is not good enough; undefined when it is. Length is what counts (NIST SP 800-63B): there are no rules of composition, but
 * few different characters, or the name of the user, are what is tried first.
 */
export function passwordFault(password: string, userName: string): string | undefined {
  const characters = [...password];
  if (characters.length < MIN_LENGTH) return `must have at least ${MIN_LENGTH} characters`;
  if (characters.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  if (new Set(characters).size < MIN_DIFFERENT) return `must have at least ${MIN_DIFFERENT} different characters`;
  if (characters.some((character) => /\p{Cc}/u.test(character))) return 'must not contain control characters';
  const [localPart = ''] = userName.toLowerCase().split('@');
  const rest = password.toLowerCase().replaceAll(userName.toLowerCase(), '').replaceAll(localPart, '');
  if ([...rest].length < MIN_LENGTH / 2) return 'must be more than the name of the user';
  return isSequence(characters) ? 'must not be a run of neighbouring characters' : undefined;
}

/** `abcdefghijkl`, `210987654321`: each character the next or the previous one. */
function isSequence(characters: string[]): boolean {
  const steps = characters.slice(1).map((character, index) => (character.codePointAt(0) ?? 0) - (characters[index]?.codePointAt(0) ?? 0));
  const likely = steps.filter((step) => step === steps[0]).length;
  return Math.abs(steps[0] ?? 0) <= 1 && likely >= steps.length - 1;
}
