import { invalid } from '#errors';

const DAY_MS = 86_400_000;

interface ExpiryLimits {
  now: Date;
  /** What the token must not outlive; undefined when nothing but the longest validity bounds it. */
  latest: Date | undefined;
  defaultDays: number;
  maxDays: number;
  /** Whether the request must say it. */
  isRequired: boolean;
}

/** In whole seconds, as a JWT has it. When a token ends for which `expiration` was asked (seconds since 1970; 0 or absent: the default). Throws 422. */
export function expiryOf(expiration: number | undefined, { now, latest, defaultDays, maxDays, isRequired }: ExpiryLimits): Date {
  const begin = Math.floor(now.getTime() / 1000) * 1000;
  const longest = new Date(begin + maxDays * DAY_MS);
  const end = latest !== undefined && latest < longest ? wholeSecond(latest) : longest;
  if (!expiration) {
    if (isRequired) throw refused('is required here: say when the token ends (seconds since 1970)');
    const usual = new Date(begin + defaultDays * DAY_MS);
    return usual < end ? usual : end;
  }
  const at = new Date(expiration * 1000);
  if (at > now && at <= end) return at;
  throw refused(
    end === longest
      ? `must lie in the future, at most ${maxDays} days away (seconds since 1970)`
      : 'must lie in the future, and not after the end of the token that it is made with (seconds since 1970)',
  );
}

/** The end of what a request was authenticated with is known to a few milliseconds. */
const wholeSecond = (date: Date): Date => new Date(Math.round(date.getTime() / 1000) * 1000);

const refused = (message: string) => invalid('the token request', [{ field: 'expiration', message }]);
