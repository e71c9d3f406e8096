import type { KubernetesObject } from '#kubernetes';
import { type Binding, groupKey, readRbacObject, type Rule, userKey } from './rbac-objects.js';

/** A user with groups, as the authorizer of a cluster sees them: `callerOf` adds those that the API server adds by itself. */
export interface Caller {
  user: string;
  groups: readonly string[];
}

/** How bindings name a caller. */
export const subjectsOf = ({ user, groups }: Caller): string[] => [userKey(user), ...groups.map(groupKey)];

const NO_RULES: readonly Rule[] = [];

/** RBAC objects of one cluster, found by subject: what a caller may do costs time for the caller's own bindings, however many there are. */
export class RbacGraph {
  private readonly rules = new Map<string, readonly Rule[]>();
  private readonly bindings = new Map<string, Binding>();
  private readonly bySubject = new Map<string, Set<Binding>>();

  /** Takes an object in, in place of the one of its kind and name. Objects other than those of RBAC are left out. */
  put(object: KubernetesObject): void {
    const read = readRbacObject(object);
    if (read === undefined) return;
    if (read.type === 'role') this.rules.set(read.key, read.rules);
    else {
      this.unbind(read.key);
      this.bind(read);
    }
  }

  /** The keys of the roles to which bindings lead. */
  roles(): Set<string> {
    return new Set(this.bindings.values().map(({ role }) => role));
  }

  /** The bindings of a caller; one that names several of the caller's names comes several times. */
  *bindingsOf({ user, groups }: Caller): Generator<Binding, void> {
    for (const subject of subjectsOf({ user, groups })) yield* this.bySubject.get(subject) ?? [];
  }

  /** The rules of a role, by its key. A role that is not there, or not yet, gives nothing. */
  rulesOf(role: string): readonly Rule[] {
    return this.rules.get(role) ?? NO_RULES;
  }

  private bind(binding: Binding): void {
    this.bindings.set(binding.key, binding);
    for (const subject of binding.subjects) {
      const bound = this.bySubject.get(subject);
      if (bound === undefined) this.bySubject.set(subject, new Set([binding]));
      else bound.add(binding);
    }
  }

  private unbind(key: string): void {
    const binding = this.bindings.get(key);
    for (const subject of binding?.subjects ?? []) if (binding !== undefined) this.bySubject.get(subject)?.delete(binding);
  }
}
