import { badRequest } from '#errors';

/** Where a page of the list of clusters ended: its last name, and the version of the list when the first page was read. */
export interface ClusterPageEnd {
  name: string;
  version: bigint;
}

const TOKEN = /^(\d{1,18}) ([a-z0-9-]{1,63})$/;

/** `metadata.continue` of a list of clusters: opaque to clients. */
export const writeClusterPageEnd = ({ name, version }: ClusterPageEnd): string => Buffer.from(`${version} ${name}`).toString('base64url');

/** Throws 400 for a text that no list has given. */
export function readClusterPageEnd(token: string): ClusterPageEnd {
  const [, version, name] = TOKEN.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (version === undefined || name === undefined) throw badRequest('continue: not a token of this list; begin again without it');
  return { name, version: BigInt(version) };
}
