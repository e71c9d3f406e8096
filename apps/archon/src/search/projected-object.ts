import type { KubernetesObject } from '#kubernetes';

/** An object as lists show it: with its cluster in an annotation, and with some fields alone where some are asked for. */
export function shownObject(
  body: KubernetesObject,
  { cluster, domain, fields }: { cluster: string; domain: string; fields: readonly (readonly string[])[] | undefined },
): KubernetesObject {
  const annotations = { ...body.metadata.annotations, [`${domain}/cluster`]: cluster };
  const object = { ...body, metadata: { ...body.metadata, annotations } };
  return fields === undefined ? object : projectedObject(object, [...fields, ['metadata', 'annotations', `${domain}/cluster`]]);
}

/** What each object keeps, whatever is asked for: which one it is. */
const IDENTITY = [['apiVersion'], ['kind'], ...['name', 'namespace', 'uid'].map((key) => ['metadata', key])];

/**
 * An object with these fields alone, and with what tells which one it is. A path that leads through a list is followed in each of its items. A field
 * that is not there stays away.
 */
export function projectedObject(object: KubernetesObject, paths: readonly (readonly string[])[]): KubernetesObject {
  const tree: Tree = new Map();
  for (const path of [...IDENTITY, ...paths]) plant(tree, path);
  return { metadata: {}, ...(picked(object, tree) as Partial<KubernetesObject>) } as KubernetesObject;
}

/** Of which keys what is kept: all of what stands there, where the branch is undefined. */
type Tree = Map<string, Tree | undefined>;

function plant(tree: Tree, [key, ...rest]: readonly string[]): void {
  if (key === undefined) return;
  if (rest.length === 0) tree.set(key, undefined);
  else if (!tree.has(key)) {
    const branch: Tree = new Map();
    tree.set(key, branch);
    plant(branch, rest);
  } else {
    const branch = tree.get(key);
    if (branch !== undefined) plant(branch, rest);
  }
}

function picked(value: unknown, tree: Tree | undefined): unknown {
  if (tree === undefined || typeof value !== 'object' || value === null) return tree === undefined ? value : undefined;
  if (Array.isArray(value)) return value.map((item: unknown) => picked(item, tree) ?? {});
  const kept = [...tree].flatMap(([key, branch]) => {
    const inner = Object.hasOwn(value, key) ? picked((value as Record<string, unknown>)[key], branch) : undefined;
    return inner === undefined ? [] : [[key, inner] as const];
  });
  return Object.fromEntries(kept);
}
