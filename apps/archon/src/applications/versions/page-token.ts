import { badRequest } from '#errors';

/** Where a page of versions ended, newest first. */
export interface PageEnd {
  /** Of the application. */
  uid: string;
  revision: number;
}

const TOKEN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (\d{1,9})$/;

/** What `metadata.continue` says: opaque to clients. */
export const writePageToken = ({ uid, revision }: PageEnd): string => Buffer.from(`${uid} ${revision}`).toString('base64url');

/** Throws 400 for a text that no list has given. */
export function readPageToken(token: string): PageEnd {
  const [, uid, revision] = TOKEN.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (uid === undefined || revision === undefined) throw badRequest('continue: not a token of this list; begin again without it');
  return { uid, revision: Number(revision) };
}
