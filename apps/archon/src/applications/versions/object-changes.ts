import type { ManifestName } from './manifest.js';

/** What a version made, changed and deleted against another one. */
export interface ObjectChanges {
  create: ManifestName[];
  update: ManifestName[];
  delete: ManifestName[];
}

/** An object of a version with the digest of its manifest. */
export interface ListedManifest extends ManifestName {
  /** Hexadecimal. Equal digests are equal manifests. */
  digest: string;
}

/** Compares the objects of two versions by their digests. A cluster serves all versions of a kind as one object. */
export function objectChanges(before: readonly ListedManifest[], after: readonly ListedManifest[]): ObjectChanges {
  const old = new Map(before.map((object) => [keyOf(object), object]));
  const present = new Set(after.map(keyOf));
  const changes: ObjectChanges = { create: [], update: [], delete: before.filter((object) => !present.has(keyOf(object))).map(toName) };
  for (const object of after) {
    const previous = old.get(keyOf(object));
    if (previous === undefined) changes.create.push(toName(object));
    else if (previous.digest !== object.digest) changes.update.push(toName(object));
  }
  return changes;
}

export const keyOf = ({ group, kind, name }: ManifestName): string => `${group}/${kind}/${name}`;

const toName = ({ group, kind, name }: ManifestName): ManifestName => ({ group, kind, name });
