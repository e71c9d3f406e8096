import { isProtectedNamespace } from '../namespaces/namespace-names.js';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** A project's name stands before the names of its namespaces, and is one itself: some must be left for what follows. */
const MAX_LENGTH = 32;
/** Words that the platform's own clients give a meaning. */
const RESERVED = new Set(['all-all', 'true', 'false', 'null', 'system', 'kube-federation-system']);

/** Why a project can't have this name; undefined when it can. */
export function refusedProjectName(name: string): string | undefined {
  if (!DNS_LABEL.test(name)) return 'must consist of lower-case letters, digits and "-", and begin and end with a letter or digit';
  if (name.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters, as it begins the names of its namespaces`;
  if (isProtectedNamespace(name) || RESERVED.has(name)) return 'is reserved';
  return undefined;
}
