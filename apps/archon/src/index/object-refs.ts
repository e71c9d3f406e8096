import type { KubernetesObject } from '#kubernetes';
import { readRbacObject } from './rbac-objects.js';

/** What an object refers to by name, so that it is found from there: a binding of RBAC its subjects, as `User/jane` and `Group/ops`. */
export function objectRefs(object: KubernetesObject): string[] {
  const rbac = readRbacObject(object);
  return rbac?.type === 'binding' ? rbac.subjects.filter((subject) => !subject.includes('\0')) : [];
}
