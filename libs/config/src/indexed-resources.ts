/** What the object index follows unless told otherwise: what lists, topology and rights are made of. */
export const INDEXED_KINDS = [
  'namespaces,nodes,pods,services,configmaps,secrets,persistentvolumeclaims,events',
  'deployments.apps,statefulsets.apps,daemonsets.apps,replicasets.apps,jobs.batch,cronjobs.batch,horizontalpodautoscalers.autoscaling',
  'ingresses.networking.k8s.io,httproutes.gateway.networking.k8s.io',
  'roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io',
  'clusterroles.rbac.authorization.k8s.io,clusterrolebindings.rbac.authorization.k8s.io',
  'applications.app.k8s.io,helmrequests.app.alauda.io,rollouts.argoproj.io',
].join(',');

const RESOURCE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** `deployments.apps,pods`: resources with their groups, as kubectl takes them. */
export function resources(value: string): { group: string; resource: string }[] {
  return list(value).map((text) => {
    if (!RESOURCE.test(text)) throw new Error(`must list resources such as pods or deployments.apps; "${text}" is none`);
    const [resource = '', ...group] = text.split('.');
    return { group: group.join('.'), resource };
  });
}

/** `nodes:/status/images`: a resource, or `*`, and a JSON Pointer (RFC 6901) whose `*` is any key or item. */
export function resourceFields(value: string): { resource: string; path: string[] }[] {
  return list(value).map((text) => {
    const [, resource, pointer] = /^([^:]+):((?:\/[^/]+)+)$/.exec(text) ?? [];
    if (resource === undefined || pointer === undefined || (resource !== '*' && !RESOURCE.test(resource)))
      throw new Error(`must list fields such as nodes:/status/images or *:/spec/template; "${text}" is none`);
    const path = pointer.slice(1).split('/');
    if (path[0] === 'metadata' && path.length < 3)
      throw new Error(`may leave out labels and annotations one by one, and nothing else of metadata; "${text}" is none of them`);
    return { resource, path: path.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')) };
  });
}

const list = (value: string): string[] =>
  value
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
