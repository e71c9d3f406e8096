import type { KubernetesObject, RequestAttributes } from '#kubernetes';
import { rulesAllow } from './rbac-rules.js';

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}
type Rules = Parameters<typeof rulesAllow>[0];

/**
 * Whether RBAC allows a request, told as the documentation of Kubernetes tells it: by going through all bindings, for each request anew.
 * Written apart from what it is compared with, so that the two can disagree.
 */
export function modelAllows(
  objects: readonly KubernetesObject[],
  user: string,
  groups: readonly string[],
  { verb, group, resource, subresource, namespace, name }: RequestAttributes,
): boolean {
  if (groups.includes('system:masters')) return true;
  const question = { verb, group, resource: subresource === '' ? resource : `${resource}/${subresource}`, name };
  return objects.some((binding) => {
    const isForCluster = binding.kind === 'ClusterRoleBinding';
    if (!isForCluster && !(binding.kind === 'RoleBinding' && namespace !== '' && binding.metadata.namespace === namespace)) return false;
    const subjects = (binding.subjects ?? []) as Subject[];
    if (!subjects.some((subject) => isMeant(subject, user, groups, isForCluster ? '' : namespace))) return false;
    const { kind, name: roleName } = binding.roleRef as Subject;
    const role = objects.find(
      (object) =>
        object.kind === kind && object.metadata.name === roleName && (kind === 'ClusterRole' || object.metadata.namespace === namespace),
    );
    return rulesAllow((role?.rules ?? []) as Rules, question);
  });
}

function isMeant(subject: Subject, user: string, groups: readonly string[], namespace: string): boolean {
  if (subject.kind === 'User') return subject.name === user;
  if (subject.kind === 'Group') return groups.includes(subject.name);
  return `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}` === user;
}
