import { badRequest } from '#errors';

/** Where a page of a list ended that is ordered by creation, newest first. */
export interface PageEnd {
  createdAt: Date;
  id: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What `metadata.continue` says: opaque to clients. */
export const writeContinueToken = ({ createdAt, id }: PageEnd): string =>
  Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');

/** Throws 400 for a text that no list has given. */
export function readContinueToken(token: string): PageEnd {
  const [time, id] = Buffer.from(token, 'base64url').toString('utf8').split(' ');
  const createdAt = new Date(time ?? '');
  if (id === undefined || !UUID.test(id) || Number.isNaN(createdAt.getTime()))
    throw badRequest('continue: not a token of this list; begin again without it');
  return { createdAt, id };
}
