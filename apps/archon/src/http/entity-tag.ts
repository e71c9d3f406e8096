import { createHash } from 'node:crypto';

/** A strong entity tag (RFC 9110, 8.8.3) of a text. */
export const entityTagOf = (text: string): string => `"${createHash('sha256').update(text).digest('base64url')}"`;

/** Whether `If-None-Match` (RFC 9110, 13.1.2) names this tag. */
export const namesTag = (ifNoneMatch: string | undefined, tag: string): boolean =>
  ifNoneMatch?.split(',').some((candidate) => ['*', tag].includes(candidate.trim().replace(/^W\//, ''))) ?? false;
