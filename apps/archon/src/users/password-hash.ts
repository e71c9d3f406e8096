/** Cost of Argon2id: memory in KiB, passes, lanes. */
export interface HashCost {
  memory: number;
  passes: number;
  parallelism: number;
}

/** The least that OWASP's Password Storage Cheat Sheet advises: 19 MiB, 2 passes, 1 lane. Hashes of a lower cost are renewed at login. */
export const HASH_COST: HashCost = { memory: 19_456, passes: 2, parallelism: 1 };
export const SALT_BYTES = 16;
export const TAG_BYTES = 32;

export interface PasswordHash extends HashCost {
  salt: Buffer;
  tag: Buffer;
}

const FORM = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, in base64 without padding. */
export function encodePasswordHash({ memory, passes, parallelism, salt, tag }: PasswordHash): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`;
}

/** Throws on what {@link encodePasswordHash} has not written: a row that was tampered with. */
export function decodePasswordHash(text: string): PasswordHash {
  const [, memory, passes, parallelism, salt, tag] = FORM.exec(text) ?? [];
  if (salt === undefined || tag === undefined) throw new Error('a stored password is no Argon2id hash');
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

/** Whether a hash cost less than hashes cost today. */
export const isOutdated = (hash: HashCost, cost: HashCost = HASH_COST): boolean =>
  hash.memory < cost.memory || hash.passes < cost.passes || hash.parallelism < cost.parallelism;

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
