import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectNamespaces } from './namespace-list.js';
import type { ListNamespacesQuery, NamespaceItemResponse } from './namespaces.dto.js';

const item = (name: string, cluster: string, labels: Record<string, string> = {}): NamespaceItemResponse => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, creationTimestamp: '2026-11-26T00:00:00Z', labels, annotations: {} },
  cluster,
  status: { state: 'Active', phase: 'Active', hard: {}, used: {}, drift: [] },
});
const names = (items: readonly NamespaceItemResponse[]) => items.map(({ metadata, cluster }) => `${metadata.name}@${cluster}`);

describe('selectNamespaces', () => {
  it('pages through everything once, in one order, whatever it is sorted by', () => {
    const names_ = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ name: names_, cluster: names_, tier: names_ }), {
          selector: ({ name, cluster }) => `${name}/${cluster}`,
        }),
        fc.constantFrom(undefined, 'name', '-name', 'cluster,-name', 'label:tier', '-label:tier,cluster', 'creationTimestamp'),
        fc.integer({ min: 1, max: 5 }),
        (rows, sort, limit) => {
          const items = rows.map(({ name, cluster, tier }) => item(name, cluster, { tier }));
          const query: ListNamespacesQuery = { limit, ...(sort === undefined ? {} : { sort }) };
          const whole = names(selectNamespaces(items, { ...query, limit: 500 }).items);
          const paged: string[] = [];
          for (let next: string | undefined = ''; next !== undefined; ) {
            const page = selectNamespaces(items, { ...query, ...(next === '' ? {} : { continue: next }) });
            paged.push(...names(page.items));
            expect(page.metadata.remainingItemCount).toBe(whole.length - paged.length);
            next = page.metadata.continue;
          }
          expect(paged).toEqual(whole);
          expect([...paged].sort()).toEqual(names(items).sort());
        },
      ),
    );
  });

  it.each([
    { sort: 'size' },
    { sort: 'label' },
    { continue: 'rubbish' },
    { continue: Buffer.from('["a"]').toString('base64url') },
    { labelSelector: 'a in' },
  ])('refuses %j', (query) => expect(() => selectNamespaces([], query)).toThrow());
});
