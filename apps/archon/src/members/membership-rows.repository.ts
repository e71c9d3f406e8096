import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { conflict } from '#errors';
import { BUILT_IN_ROLES } from '../roles/built-in-roles.js';
import { type MemberPageEnd, type MemberRow, type Subject, subjectText } from './member-row.js';
import { type Place, placeOf } from './place.js';

/** Which memberships are looked for; what is absent does not matter. */
export interface MemberFilter {
  places?: readonly string[];
  scope?: string | undefined;
  subject?: string | undefined;
  /** Of a user or a group. */
  name?: string | undefined;
  role?: string | undefined;
  keyword?: string | undefined;
  group?: string | undefined;
  /** Only users. */
  isUser?: boolean;
  /** Names of users that are left out, and a place whose members are. */
  except?: { users: readonly string[]; membersOf: string } | undefined;
}

const SELECT = `
  select m.id, m.subject, case when m.subject like 'user/%' then 'User' else 'Group' end as kind, substring(m.subject from position('/' in m.subject) + 1) as name,
      u.display_name, u.source, m.role, m.scope, m.project, c.name as cluster, m.namespace, m.created_by, m.created_at
    from memberships m left join users u on u.name = m.user_name left join clusters c on c.id = m.cluster_id`;

/** Memberships in Postgres. */
@Injectable()
export class MembershipRows {
  constructor(private readonly database: DataSource) {}

  /** In the order of kind and name; at most `limit` behind `after`. */
  list(filter: MemberFilter, { after, limit }: { after?: MemberPageEnd | undefined; limit: number }): Promise<MemberRow[]> {
    const parameters: unknown[] = [];
    const value = (given: unknown) => `$${parameters.push(given)}`;
    const conditions = conditionsOf(filter, value);
    if (after !== undefined) conditions.push(`(m.subject, m.id) > (${value(after.subject)}, ${value(after.id)}::uuid)`);
    const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
    return this.database.query<MemberRow[]>(`${SELECT}${where} order by m.subject, m.id limit ${value(limit)}`, parameters);
  }

  async find(id: string): Promise<MemberRow | undefined> {
    const [row] = await this.database.query<MemberRow[]>(`${SELECT} where m.id = $1`, [id]);
    return row;
  }

  /** Leaves out those who have the role there already. Returns how many were added. */
  async add(
    subjects: readonly Subject[],
    role: string,
    place: Place,
    { by, within }: { by: string; within: EntityManager },
  ): Promise<string[]> {
    // It can't go while this transaction lasts.
    const roles = await within.query<object[]>('select 1 from custom_roles where name = $1 for share', [role]);
    if (roles.length === 0 && !BUILT_IN_ROLES.some(({ name }) => name === role))
      throw conflict(`the role "${role}" has just been deleted`, { kind: 'roles', name: role });
    const added = await within.query<{ id: string }[]>(
      `insert into memberships (id, subject, user_name, role, scope, place, project, cluster_id, namespace, created_by, created_at)
         select gen_random_uuid(), s.subject, s.user_name, $3, $4, $5, $6, $7, $8, $9, now()
           from unnest($1::text[], $2::text[]) as s (subject, user_name)
         on conflict (subject, role, place) do nothing returning id`,
      [
        subjects.map(subjectText),
        subjects.map(userNameOf),
        role,
        place.scope,
        placeOf(place),
        place.project ?? null,
        place.clusterId ?? null,
        place.namespace ?? null,
        by,
      ],
    );
    return added.map(({ id }) => id);
  }

  /** All roles of a subject in a place, or one of them. Returns how many there were. */
  async remove(subject: Subject, role: string | undefined, place: Place, within: EntityManager = this.database.manager): Promise<number> {
    const removed = await within.query<[unknown[], number]>(
      'delete from memberships where subject = $1 and place = $2 and ($3::text is null or role = $3)',
      [subjectText(subject), placeOf(place), role ?? null],
    );
    return removed[1];
  }

  async removeById(id: string): Promise<void> {
    await this.database.query('delete from memberships where id = $1', [id]);
  }
}

/** Jobs are nobody whom a user object stands for. */
export const userNameOf = ({ kind, name }: Subject): string | null => (kind === 'User' && !name.startsWith('ci:') ? name : null);

function conditionsOf(filter: MemberFilter, value: (given: unknown) => string): string[] {
  const { places, scope, subject, name, role, keyword, group, isUser, except } = filter;
  const nameOf = `substring(m.subject from position('/' in m.subject) + 1)`;
  return [
    ...(places === undefined ? [] : [`m.place = any(${value(places)})`]),
    ...(scope === undefined ? [] : [`m.scope = ${value(scope)}`]),
    ...(subject === undefined ? [] : [`m.subject = ${value(subject)}`]),
    ...(name === undefined ? [] : [`m.subject in (${value(`user/${name}`)}, ${value(`group/${name}`)})`]),
    ...(role === undefined ? [] : [`m.role = ${value(role)}`]),
    ...(keyword === undefined
      ? []
      : [
          `(position(lower(${value(keyword)}) in lower(${nameOf})) > 0 or position(lower(${value(keyword)}) in lower(coalesce(u.display_name, ''))) > 0)`,
        ]),
    ...(group === undefined ? [] : [`(m.subject = ${value(`group/${group}`)} or ${value(group)} = any(u.told_groups))`]),
    ...(isUser === true ? [`m.subject like 'user/%'`] : []),
    ...(except === undefined
      ? []
      : [
          `not (${nameOf} = any(${value(except.users)}))`,
          `not exists (select 1 from memberships n where n.subject = m.subject and n.place = ${value(except.membersOf)})`,
        ]),
  ];
}
