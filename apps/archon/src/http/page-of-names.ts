import { badRequest } from '#errors';

const MAX_LENGTH = 253;

/** A page of a list that is known as a whole and stands in the order of its names. */
export function pageOfNames<Item extends { name: string }>(
  items: readonly Item[],
  { limit = 100, continue: token }: { limit?: number; continue?: string },
): { page: Item[]; metadata: { continue?: string } } {
  const after = token === undefined ? undefined : readName(token);
  const left = after === undefined ? items : items.filter(({ name }) => name > after);
  const page = left.slice(0, limit);
  const last = left.length > limit ? page.at(-1) : undefined;
  return { page, metadata: last === undefined ? {} : { continue: Buffer.from(last.name).toString('base64url') } };
}

function readName(token: string): string {
  const name = Buffer.from(token, 'base64url').toString('utf8');
  if (name === '' || name.length > MAX_LENGTH || Buffer.from(name).toString('base64url') !== token)
    throw badRequest('continue: not a token of this list; begin again without it');
  return name;
}
