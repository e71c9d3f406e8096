import { forbidden, invalid } from '#errors';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const MAX_LENGTH = 63;
/** Of the platform and of Kubernetes: no project ever holds or deletes one of them. */
const PROTECTED = new Set([
  'default',
  'archon-system',
  'cpaas-system',
  'cert-manager',
  'global-credentials',
  'kube-ovn',
  'nsx-system',
  'alauda-system',
]);

/** Whether a namespace belongs to Kubernetes or to the platform: it can't be held by a project, nor be deleted (NS-11). */
export const isProtectedNamespace = (name: string): boolean => name.startsWith('kube-') || PROTECTED.has(name);

/** The name of a namespace of a project: begins with the project's name, which is added where it is missing (NS-1). Throws 422. */
export function namespaceName(project: string, asked: string): string {
  const name = asked === project || asked.startsWith(`${project}-`) ? asked : `${project}-${asked}`;
  const refuse = (message: string) => invalid('the namespace', [{ field: 'metadata.name', message }]);
  if (asked === project)
    throw refuse(`"${project}" is the name of the project's own namespace: choose another one, such as "${project}-dev"`);
  if (!DNS_LABEL.test(asked)) throw refuse('must consist of lower-case letters, digits and "-", and begin and end with a letter or digit');
  if (name.length > MAX_LENGTH)
    throw refuse(`must have at most ${MAX_LENGTH} characters with the project's name before it: "${name}" has ${name.length}`);
  if (isProtectedNamespace(name)) throw refuse(`"${name}" is a namespace of the system`);
  return name;
}

/** Throws 403 for a namespace of the system. */
export function requireUnprotected(name: string): void {
  if (isProtectedNamespace(name))
    throw forbidden(`the namespace "${name}" belongs to the system: it is not managed here`, { kind: 'namespaces', name });
}
