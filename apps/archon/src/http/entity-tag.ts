import { createHash } from 'node:crypto';

/** A strong entity tag (RFC 9110, 8.8.3) of a text. */
export const entityTagOf = (text: string): string => `"${createHash('sha256').update(text).digest('base64url')}"`;

/** The tags that `If-None-Match` (RFC 9110, 13.1.2) names, with their quotes, weak ones as strong ones; `*` stands for any. */
export const namedTags = (ifNoneMatch: string | undefined): string[] =>
  ifNoneMatch?.split(',').map((candidate) => candidate.trim().replace(/^W\//, '')) ?? [];

/** Whether `If-None-Match` names this tag. */
export const namesTag = (ifNoneMatch: string | undefined, tag: string): boolean =>
  namedTags(ifNoneMatch).some((candidate) => ['*', tag].includes(candidate));
