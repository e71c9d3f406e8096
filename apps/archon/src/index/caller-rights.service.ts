import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { KubernetesObject } from '#kubernetes';
import type { Principal } from '../auth/principal.js';
import type { WholeCaller } from '../auth/target-identities.js';
import { callerOf } from './caller.js';
import { type Caller, RbacGraph, subjectsOf } from './rbac-graph.js';
import { RBAC } from './rbac-objects.js';
import { type AccessQuestion, visibleSet, type VisibleSet } from './visible-set.js';
import { VisibleSets } from './visible-sets.js';

/** A cluster, as far as rights there can be told. */
export interface RightsPlace {
  cluster: number;
  name: string;
  rightsRevision: string;
}

/** The numbers of kinds, as an array that the planner sees as one value: of group $1, with the plurals $2. */
const KINDS = 'array(select id from indexed_kinds where api_group = $1 and resource = any($2))';

/** What callers see in clusters, by the RBAC objects that the index has of them. */
@Injectable()
export class CallerRights {
  private readonly sets = new VisibleSets();
  /** One for each whole caller, so that what it is known by is worked out once. */
  private readonly callers = new WeakMap<WholeCaller, Caller>();

  constructor(private readonly database: DataSource) {}

  /**
   * Where in each of these clusters the caller may do this, by the cluster's number. Reads no more of RBAC than the bindings that name the
   * caller, and the roles to which they lead.
   */
  async in(places: readonly RightsPlace[], principal: Principal, question: AccessQuestion): Promise<Map<number, VisibleSet>> {
    const sets = new Map<number, VisibleSet>();
    const unknown: { place: RightsPlace; caller: Caller }[] = [];
    for (const place of places) {
      const caller = this.callerAt(principal.whollyAt(place.name));
      const known = this.sets.find(sourceOf(place), caller, question);
      if (known === undefined) unknown.push({ place, caller });
      else sets.set(place.cluster, known);
    }
    if (unknown.length === 0) return sets;
    const graphs = await this.graphs(unknown);
    for (const { place, caller } of unknown) {
      const set = visibleSet(graphs.get(place.cluster) ?? new RbacGraph(), caller, question);
      this.sets.keep(sourceOf(place), caller, question, set);
      sets.set(place.cluster, set);
    }
    return sets;
  }

  private callerAt(whole: WholeCaller): Caller {
    let caller = this.callers.get(whole);
    if (caller === undefined) this.callers.set(whole, (caller = callerOf(whole)));
    return caller;
  }

  private async graphs(asked: readonly { place: RightsPlace; caller: Caller }[]): Promise<Map<number, RbacGraph>> {
    const graphs = new Map(asked.map(({ place }) => [place.cluster, new RbacGraph()]));
    const put = (rows: readonly { cluster: number; body: KubernetesObject }[]) => {
      for (const { cluster, body } of rows) graphs.get(cluster)?.put(body);
    };
    put(
      await this.database.query<{ cluster: number; body: KubernetesObject }[]>(
        `select o.cluster, o.body from object_bodies o
         where o.kind = any(${KINDS}) and o.cluster = any($3) and o.refs && $4::text[] and o.refs <> '{}'`,
        [
          RBAC,
          ['rolebindings', 'clusterrolebindings'],
          [...graphs.keys()],
          [...new Set(asked.flatMap(({ caller }) => subjectsOf(caller)))],
        ],
      ),
    );
    const roles = [...graphs].flatMap(([cluster, graph]) => [...graph.roles()].map((key) => ({ cluster, key })));
    put(
      await this.database.query<{ cluster: number; body: KubernetesObject }[]>(
        `select o.cluster, b.body from unnest($3::int[], $4::text[], $5::text[]) as role (cluster, namespace, name)
         join indexed_namespaces n on n.cluster = role.cluster and n.name = role.namespace
         join objects o on o.namespace = n.id and o.name = role.name and o.kind = any(${KINDS})
         join object_bodies b on b.kind = o.kind and b.cluster = o.cluster and b.uid = o.uid`,
        [
          RBAC,
          ['roles', 'clusterroles'],
          roles.map(({ cluster }) => cluster),
          roles.map(({ key }) => key.slice(0, key.indexOf('/'))),
          roles.map(({ key }) => key.slice(key.indexOf('/') + 1)),
        ],
      ),
    );
    return graphs;
  }
}

const sourceOf = ({ cluster, rightsRevision }: RightsPlace) => ({ cluster, revision: rightsRevision });
