import type { KubernetesObject } from '#kubernetes';
import { type Binding, groupKey, type RbacRef, rbacKey, readRbacObject, type Rule, userKey } from './rbac-objects.js';

/** A user with groups, as the authorizer of a cluster sees them: `callerOf` adds those that the API server adds by itself. */
export interface Caller {
  user: string;
  groups: readonly string[];
}

const NO_RULES: readonly Rule[] = [];

/**
 * The RBAC objects of one cluster, found by subject: what a caller may do costs time for the caller's own bindings, however many there are.
 * It follows a watch: objects come, are replaced and go one by one.
 */
export class RbacGraph {
  private readonly rules = new Map<string, readonly Rule[]>();
  private readonly bindings = new Map<string, Binding>();
  private readonly bySubject = new Map<string, Set<Binding>>();
  private current = Symbol('generation');

  /** Another one after each change, and in each graph: what was found out in this generation holds as long as it is the current one. */
  get generation(): symbol {
    return this.current;
  }

  /** Takes an object in, in place of the one of its kind and name. Objects other than those of RBAC are left out. */
  put(object: KubernetesObject): void {
    const read = readRbacObject(object);
    if (read === undefined) return;
    if (read.type === 'role') this.rules.set(read.key, read.rules);
    else {
      this.unbind(read.key);
      this.bind(read);
    }
    this.current = Symbol('generation');
  }

  /** Forgets an object; one that is not known, or not of RBAC, changes nothing. */
  remove(ref: RbacRef): void {
    const known = rbacKey(ref);
    if (known === undefined) return;
    const wasThere = known.type === 'role' ? this.rules.delete(known.key) : this.unbind(known.key);
    if (wasThere) this.current = Symbol('generation');
  }

  /** The bindings of a caller; one that names several of the caller's names comes several times. */
  *bindingsOf({ user, groups }: Caller): Generator<Binding, void> {
    for (const subject of [userKey(user), ...groups.map(groupKey)]) yield* this.bySubject.get(subject) ?? [];
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

  private unbind(key: string): boolean {
    const binding = this.bindings.get(key);
    if (binding === undefined) return false;
    this.bindings.delete(key);
    for (const subject of binding.subjects) {
      const bound = this.bySubject.get(subject);
      bound?.delete(binding);
      if (bound?.size === 0) this.bySubject.delete(subject);
    }
    return true;
  }
}
