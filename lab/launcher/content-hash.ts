import { createHash } from 'node:crypto';

/** A name for what is built from these files with these options: 16 hex digits, the same for the same content in any order. */
export function contentHash(files: ReadonlyMap<string, Uint8Array | string>, options: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(options));
  for (const name of [...files.keys()].sort()) {
    const content = files.get(name) ?? '';
    hash.update(`\0${name}\0${Buffer.byteLength(content)}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}
