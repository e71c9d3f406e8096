import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { FencedDatabase, type Reflected } from './fenced.repository.js';

/** The numbers of namespaces. A number stays with its name, whatever becomes of the namespace. */
@Injectable()
export class IndexedNamespaces {
  /** By cluster and name. */
  private readonly known = new LRUCache<string, number>({ max: 100_000 });

  constructor(
    private readonly fenced: FencedDatabase,
    private readonly database: DataSource,
  ) {}

  /** Gives each name its number, also those that had none. Throws LeaseLost. */
  async numbers(reflected: Reflected, names: Iterable<string>): Promise<Map<string, number>> {
    const { cluster } = reflected;
    const numbers = new Map<string, number>();
    const missing = [...new Set(names)].filter((name) => {
      const number = this.known.get(keyOf(cluster, name));
      if (number !== undefined) numbers.set(name, number);
      return number === undefined;
    });
    if (missing.length === 0) return numbers;
    // Those that are there are left out, as each conflict would use up a number.
    const added = `added as (
      insert into indexed_namespaces (cluster, name) select $1, n.name from fence, unnest($4::text[]) as n (name)
      where not exists (select from indexed_namespaces i where i.cluster = $1 and i.name = n.name)
      on conflict on constraint indexed_namespaces_name_key do nothing)`;
    await this.fenced.write(reflected, { parts: [added] }, [missing]);
    const found = await this.database.query<{ id: number; name: string }[]>(
      'select id, name from indexed_namespaces where cluster = $1 and name = any($2)',
      [cluster, missing],
    );
    for (const { id, name } of found) {
      numbers.set(name, id);
      this.known.set(keyOf(cluster, name), id);
    }
    return numbers;
  }

  /** The numbers of those that the index knows. */
  async find(places: readonly { cluster: number; namespace: string }[]): Promise<number[]> {
    const numbers: number[] = [];
    const missing = places.filter(({ cluster, namespace }) => {
      const number = this.known.get(keyOf(cluster, namespace));
      if (number !== undefined) numbers.push(number);
      return number === undefined;
    });
    if (missing.length === 0) return numbers;
    const found = await this.database.query<{ id: number; cluster: number; name: string }[]>(
      `select n.id, n.cluster, n.name from unnest($1::int[], $2::text[]) as place (cluster, name)
       join indexed_namespaces n on n.cluster = place.cluster and n.name = place.name`,
      [missing.map(({ cluster }) => cluster), missing.map(({ namespace }) => namespace)],
    );
    for (const { id, cluster, name } of found) {
      numbers.push(id);
      this.known.set(keyOf(cluster, name), id);
    }
    return numbers;
  }

  /** The names of these numbers. */
  async names(numbers: readonly number[]): Promise<Map<number, { cluster: number; name: string }>> {
    const rows = await this.database.query<{ id: number; cluster: number; name: string }[]>(
      'select id, cluster, name from indexed_namespaces where id = any($1)',
      [numbers],
    );
    return new Map(rows.map(({ id, cluster, name }) => [id, { cluster, name }]));
  }
}

const keyOf = (cluster: number, name: string): string => `${cluster}/${name}`;
