/**
 * Objects of the global cluster's API that Archon keeps itself: no cluster is asked for them. Anything written in another way, with encoded
 * letters or further segments, is no such path and goes to the cluster, which holds none of them.
 */
const OWN_OBJECT = /^(?:\/kubernetes\/global)?(\/apis\/auth\.alauda\.io\/v1\/projects(?:\/[a-z0-9][-.a-z0-9]*)?)\/?(?=\?|$)/;

/** The path of Archon's own route for such an object, its query kept; undefined for all other paths. */
export function ownObjectPath(url: string): string | undefined {
  const [whole, path] = OWN_OBJECT.exec(url) ?? [];
  return whole === undefined || path === undefined ? undefined : `${path}${url.slice(whole.length)}`;
}
