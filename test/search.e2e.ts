import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { createNamespace, type KubernetesBody, uniqueName } from './support/cluster-objects.js';
import type { ArchonClient } from './support/http-client.js';
import { eventually } from './support/wait-for.js';

interface SearchBody {
  kind: string;
  apiVersion: string;
  metadata: {
    continue?: string;
    remainingItemCount?: number;
    freshness: { cluster: string; syncedAt: string; source: string; staleSince?: string }[];
    failures: { cluster: string; reason: string; message: string; since?: string }[];
    facets?: Record<string, { value: string; count: number }[]>;
  };
  items: KubernetesBody[];
  message?: string;
}

const CLUSTERS = ['c1', 'c2'];
const COUNT = 7;
const RBAC = 'apis/rbac.authorization.k8s.io/v1';

let archon: Archon;
let mine: string;
let other: string;
let user: string;
let member: ArchonClient;

const search = (of: ArchonClient, path: string) => of.get<SearchBody>(`/acp/v1/search${path.startsWith('?') ? '' : '/'}${path}`);
const namesOf = ({ body }: { body: SearchBody }) =>
  body.items.map(({ metadata }) => `${metadata.annotations?.['cpaas.io/cluster']}/${metadata.name}`);
const must = async (answer: Promise<{ status: number; text: string }>) => {
  const { status, text } = await answer;
  expect(status, text).toBeLessThan(300);
};
/** What of the objects of this file a path shows, once it is so many. */
const found = (of: ArchonClient, path: string, count: number) =>
  eventually(
    async () => {
      const answer = await search(of, path);
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body.items.length === count && answer;
    },
    { what: `${count} items of ${path}`, timeoutMs: 15_000 },
  );

beforeAll(async () => {
  archon = await Archon.start({ settings: { ARCHON_INDEX: 'true' }, clusters: ['c1', 'c2'] });
  [mine, other] = [await createNamespace(archon.client, CLUSTERS, 'search'), await createNamespace(archon.client, CLUSTERS, 'search')];
  for (const cluster of CLUSTERS)
    for (const namespace of [mine, other])
      for (let index = 0; index < COUNT; index++)
        await must(
          archon.client.post(`/kubernetes/${cluster}/api/v1/namespaces/${namespace}/configmaps`, {
            metadata: { name: `s-${index}`, labels: { suite: mine, parity: index % 2 === 0 ? 'even' : 'odd', index: String(index) } },
            data: { secret: 'of-a-config-map' },
          }),
        );
  user = `${uniqueName('reader')}@example.org`;
  member = archon.client.as(await archon.tokenOf(user));
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  for (const [name, resource, verb] of [
    ['maps', 'configmaps', 'list'],
    ['self', 'namespaces', 'get'],
  ] as const) {
    const root = `/kubernetes/c1/${RBAC}/namespaces/${mine}`;
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    await must(
      archon.client.post(`${root}/roles`, { metadata: { name }, rules: [{ apiGroups: [''], resources: [resource], verbs: [verb] }] }),
    );
    await must(archon.client.post(`${root}/rolebindings`, { metadata: { name }, roleRef, subjects }));
  }
  await found(archon.client, `configmaps?labelSelector=suite=${mine}`, 4 * COUNT);
}, 120_000);
afterAll(async () => {
  for (const cluster of CLUSTERS)
    for (const namespace of [mine, other]) await archon?.client.delete(`/kubernetes/${cluster}/api/v1/namespaces/${namespace}`);
  await archon?.dispose();
});

describe('a list of a kind over all clusters', () => {
  it('says of each object where it is, and of each cluster how old that is', async () => {
    const { body } = await search(archon.client, `configmaps?labelSelector=suite=${mine}&namespaces=${mine}&sort=cluster,name`);
    expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(namesOf({ body })).toEqual(CLUSTERS.flatMap((cluster) => Array.from({ length: COUNT }, (_, index) => `${cluster}/s-${index}`)));
    expect(body.metadata.freshness.map(({ cluster, source }) => [cluster, source])).toEqual(CLUSTERS.map((cluster) => [cluster, 'index']));
    for (const { syncedAt } of body.metadata.freshness) expect(Date.now() - Date.parse(syncedAt)).toBeLessThan(60_000);
    expect(body.metadata.failures).toEqual([]);
    expect(JSON.stringify(body)).not.toContain('of-a-config-map');
  });

  it('is read page by page, each with how many are left, in the order that was asked for', async () => {
    const path = `configmaps?labelSelector=suite=${mine}&sort=-label:index,cluster,namespace&limit=5`;
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const { body } = await search(archon.client, `${path}${token === undefined ? '' : `&continue=${token}`}`);
      seen.push(...namesOf({ body }));
      expect(body.metadata.remainingItemCount ?? 0).toBe(4 * COUNT - seen.length);
      token = body.metadata.continue;
    } while (token !== undefined);
    expect(seen).toHaveLength(4 * COUNT);
    expect(seen.map((name) => Number(name.slice(-1)))).toEqual(seen.map((name) => Number(name.slice(-1))).sort((a, b) => b - a));
  });

  it.each([
    ['labelSelector=suite={mine},parity=odd,index!=1', 4 * 2],
    ['labelSelector=suite={mine}&clusters=c2', 2 * COUNT],
    ['labelSelector=suite={mine}&clusters=c2&namespaces={other}', COUNT],
    ['labelSelector=suite={mine}&fieldSelector=metadata.name in (s-1,s-2)', 4 * 2],
    ['labelSelector=suite={mine}&keyword=S-3', 4],
    ['labelSelector=suite={mine}&createdBefore=2020-01-01T00:00:00Z', 0],
    ['labelSelector=suite={mine}&createdAfter=2020-01-01T00:00:00Z', 4 * COUNT],
    ['labelSelector=suite={mine}&projects=none-of-these', 0],
  ])('is narrowed by %s', async (query, count) => {
    const filled = query.replaceAll('{mine}', mine).replaceAll('{other}', other);
    const { status, body, text } = await search(archon.client, `configmaps?${encodeURI(filled)}`);
    expect([status, body.items?.length], text).toEqual([200, count]);
  });

  it('counts by what it is asked to', async () => {
    const query = `labelSelector=suite=${mine}&limit=1&facets=cluster,namespace,label:parity`;
    const { body } = await search(archon.client, `configmaps?${query}`);
    const { cluster, namespace, 'label:parity': parity } = body.metadata.facets ?? {};
    expect(cluster).toEqual(CLUSTERS.map((value) => ({ value, count: 2 * COUNT })));
    expect(namespace?.map(({ value, count }) => `${value} ${count}`).sort()).toEqual(
      CLUSTERS.flatMap((each) => [mine, other].map((name) => `${each}/${name} ${COUNT}`)).sort(),
    );
    expect(parity).toEqual([
      { value: 'even', count: 16 },
      { value: 'odd', count: 12 },
    ]);
  });

  it('shows of each object the fields that were asked for', async () => {
    const { body } = await search(archon.client, `configmaps?labelSelector=suite=${mine}&limit=1&fields=metadata.labels.parity`);
    expect(body.items).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 's-0',
          namespace: expect.any(String) as unknown,
          uid: expect.any(String) as unknown,
          labels: { parity: 'even' },
          annotations: { 'cpaas.io/cluster': expect.stringMatching(/^c[12]$/) as unknown },
        },
      },
    ]);
  });

  it('is not sent again while nothing of it has changed', async () => {
    const path = `/acp/v1/search/configmaps?labelSelector=suite=${mine}&namespaces=${mine}`;
    const { headers } = await archon.client.get(path);
    const tag = String(headers.etag);
    const again = async (client: ArchonClient) => (await client.get(path, { 'if-none-match': tag })).status;
    expect([await again(archon.client), await again(member)]).toEqual([304, 200]);
    // What changes beside it is nothing that it shows.
    await must(archon.client.post(`/kubernetes/c1/api/v1/namespaces/${other}/configmaps`, { metadata: { name: 'beside' } }));
    await found(archon.client, `configmaps?keyword=beside&namespaces=${other}`, 1);
    expect(await again(archon.client)).toBe(304);
    await must(
      archon.client.post(`/kubernetes/c1/api/v1/namespaces/${mine}/configmaps`, { metadata: { name: 'new', labels: { suite: mine } } }),
    );
    await eventually(async () => (await again(archon.client)) === 200, { what: 'the list to be sent again', timeoutMs: 5000 });
    await must(archon.client.delete(`/kubernetes/c1/api/v1/namespaces/${mine}/configmaps/new`));
  });

  it('is a table for whoever asks for one', async () => {
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
    const { body } = await archon.client.get<{
      kind: string;
      columnDefinitions: { name: string }[];
      rows: { cells: string[]; object: KubernetesBody | null }[];
    }>(`/acp/v1/search?q=s-3&resources=configmaps,secrets&namespaces=${mine}&sort=cluster&includeObject=None`, { accept });
    expect(body.kind).toBe('Table');
    expect(body.columnDefinitions.map(({ name }) => name)).toEqual(['Kind', 'Cluster', 'Namespace', 'Name', 'Status', 'Age']);
    expect(body.rows.map(({ cells, object }) => [cells.slice(0, 5), object])).toEqual(
      CLUSTERS.map((cluster) => [['ConfigMap', cluster, mine, 's-3', ''], null]),
    );
  });

  it('is of all kinds together, where none is named', async () => {
    await must(archon.client.post(`/kubernetes/c2/api/v1/namespaces/${mine}/secrets`, { metadata: { name: 's-3' } }));
    const answer = await eventually(
      async () => {
        const found = await search(archon.client, `?q=s-3&namespaces=${mine}&facets=kind&sort=name,cluster`);
        return found.body.items.length === 3 && found;
      },
      { what: 'the Secret to be found', timeoutMs: 5000 },
    );
    expect(answer.body).toMatchObject({ kind: 'List', apiVersion: 'v1' });
    expect(answer.body.metadata.facets).toEqual({
      kind: [
        { value: 'configmaps', count: 2 },
        { value: 'secrets', count: 1 },
      ],
    });
    expect((await search(member, `?q=s-3`)).body.items.map(({ kind }) => kind)).toEqual(['ConfigMap']);
  });

  it('shows at once what its caller has written, when it is told the version', async () => {
    const path = `/kubernetes/c1/api/v1/namespaces/${mine}/configmaps`;
    for (let round = 0; round < 10; round++) {
      const name = `written-${round}`;
      const { body: made } = await archon.client.post<KubernetesBody>(path, { metadata: { name } });
      const listed = await search(
        archon.client,
        `configmaps?keyword=${name}&namespaces=${mine}&notOlderThan=c1:${made.metadata.resourceVersion}`,
      );
      expect([namesOf(listed), listed.body.metadata.failures]).toEqual([[`c1/${name}`], []]);
      await must(archon.client.delete(`${path}/${name}`));
    }
    const { body } = await search(archon.client, 'configmaps?limit=1&notOlderThan=c1:99999999999');
    expect(body.metadata.failures).toMatchObject([{ cluster: 'c1', reason: 'Timeout' }]);
  });

  it('is live when it is asked to be: what any way has changed is there', async () => {
    const path = `/kubernetes/c2/api/v1/namespaces/${mine}/configmaps`;
    for (let round = 0; round < 5; round++) {
      const name = `live-${round}`;
      await must(archon.client.post(path, { metadata: { name } }));
      const made = await search(archon.client, `configmaps?keyword=${name}&namespaces=${mine}&consistency=live`);
      expect([namesOf(made), made.body.metadata.failures]).toEqual([[`c2/${name}`], []]);
      expect(made.body.metadata.freshness.map(({ source }) => source)).toEqual(['live', 'live']);
      await must(archon.client.delete(`${path}/${name}`));
      expect((await search(archon.client, `configmaps?keyword=${name}&namespaces=${mine}&consistency=live`)).body.items).toEqual([]);
    }
  });

  it('shows what was changed through any way a moment later', async () => {
    await must(archon.client.delete(`/kubernetes/c1/api/v1/namespaces/${other}/configmaps/s-6`));
    await found(archon.client, `configmaps?labelSelector=suite=${mine}&clusters=c1`, 2 * COUNT - 1);
    const kept = { metadata: { name: 's-6', labels: { suite: mine, parity: 'even', index: '6' } } };
    await must(archon.client.post(`/kubernetes/c1/api/v1/namespaces/${other}/configmaps`, kept));
    await found(archon.client, `configmaps?labelSelector=suite=${mine}&clusters=c1`, 2 * COUNT);
  });
});

describe('Applications', () => {
  it('are listed over all clusters, and over those of a project', async () => {
    for (const path of ['/acp/v1/applications', '/acp/v1/projects/none-of-these/applications']) {
      const { status, body } = await archon.client.get<SearchBody>(`${path}?keyword=${mine}`);
      expect([status, body]).toMatchObject([200, { kind: 'ApplicationList', apiVersion: 'app.k8s.io/v1beta1', items: [] }]);
    }
  });
});

describe('a search at the list path of a cluster', () => {
  const inCluster = (of: ArchonClient, path: string) => of.get<SearchBody>(`/acp/v1/resources/search/kubernetes/${path}`);
  it.each([
    ['c1/api/v1/namespaces/{mine}/configmaps?keyword=S-', COUNT],
    ['c1/api/v1/configmaps?keyword={mine}&field=metadata.labels.suite', 2 * COUNT],
    ['c1/api/v1/namespaces/{mine}/configmaps?keyword=odd&field=metadata.labels[parity]', 3],
    ['c2/api/v1/namespaces/{other}/configmaps?keyword=s-3', 1],
    ['c2/api/v1/namespaces/{other}/configmaps?keyword=s-3&project=none', 0],
    ['c1/apis/apps/v1/namespaces/{mine}/deployments?keyword=web', 0],
  ])('%s finds %i', async (path, count) => {
    const { status, body, text } = await inCluster(archon.client, path.replaceAll('{mine}', mine).replaceAll('{other}', other));
    expect([status, body.items?.length], text).toEqual([200, count]);
  });

  it('is read page by page', async () => {
    const path = `c1/api/v1/namespaces/${mine}/configmaps?keyword=s-&limit=4`;
    const { body: first } = await inCluster(archon.client, path);
    const { body: second } = await inCluster(archon.client, `${path}&continue=${first.metadata.continue}`);
    expect([first.items.length, first.metadata.remainingItemCount, second.items.length]).toEqual([4, COUNT - 4, COUNT - 4]);
  });

  it.each([
    ['c1/api/v1/configmaps', 422],
    ['c1/api/v1/configmaps?keyword=a&field=a~', 400],
    ['c1/api/v1/wonders?keyword=a', 404],
    ['c1/apis/example.org/v1/configmaps?keyword=a', 404],
  ])('%s is answered with %i', async (path, status) => {
    expect((await inCluster(archon.client, path)).status).toBe(status);
  });
});

describe('what a caller may not list', () => {
  it('is in no row, count or facet', async () => {
    const { body } = await found(member, `configmaps?labelSelector=suite=${mine}&facets=cluster,namespace`, COUNT);
    expect(namesOf({ body })).toEqual(Array.from({ length: COUNT }, (_, index) => `c1/s-${index}`));
    expect(body.metadata.facets).toEqual({
      cluster: [{ value: 'c1', count: COUNT }],
      namespace: [{ value: `c1/${mine}`, count: COUNT }],
    });
    const { body: page } = await search(member, `configmaps?labelSelector=suite=${mine}&limit=2`);
    expect(page.metadata.remainingItemCount).toBe(COUNT - 2);
    expect((await search(member, 'secrets')).body.items).toEqual([]);
    expect((await search(archon.client.as(await archon.tokenOf('nobody@example.org')), 'configmaps')).body.items).toEqual([]);
  });

  it('is a namespace that it may not read; those that it may are listed without the right to list them', async () => {
    const { body } = await search(member, 'namespaces');
    expect(namesOf({ body })).toEqual([`c1/${mine}`]);
  });

  it('is gone from the next page when the right is taken, and there again when it is given', async () => {
    const path = `/kubernetes/c1/${RBAC}/namespaces/${mine}/rolebindings`;
    const { body: binding } = await archon.client.get<KubernetesBody & { roleRef: object; subjects: object[] }>(`${path}/maps`);
    const { body: first } = await search(member, `configmaps?limit=2`);
    await must(archon.client.delete(`${path}/maps`));
    await eventually(async () => (await search(member, `configmaps?limit=2&continue=${first.metadata.continue}`)).body.items.length === 0, {
      what: 'the next page to be empty',
      timeoutMs: 10_000,
    });
    const { roleRef, subjects } = binding;
    await must(archon.client.post(path, { metadata: { name: 'maps' }, roleRef, subjects }));
    await found(member, `configmaps?labelSelector=suite=${mine}`, COUNT);
  });
});

describe('a watch of a list', () => {
  interface Event {
    type: string;
    object: KubernetesBody & { code?: number };
  }
  async function watching(of: ArchonClient, path: string) {
    const answer = await of.stream(`/acp/v1/search/${path}`);
    expect(answer.status).toBe(200);
    const events: Event[] = [];
    let text = '';
    answer.body.setEncoding('utf8').on('data', (more: string) => {
      const lines = (text + more).split('\n');
      text = lines.pop() ?? '';
      events.push(...lines.map((line) => JSON.parse(line) as Event));
    });
    const ended = new Promise<void>((resolve) => answer.body.once('close', resolve));
    const told = () => events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
    const tells = (...expected: string[]) =>
      eventually(() => Promise.resolve(expected.every((each) => told().includes(each))), {
        what: `${expected.join(', ')} after ${told().join(', ')}`,
        timeoutMs: 10_000,
      });
    return { told, tells, ended, events, end: () => answer.body.destroy() };
  }
  const maps = (cluster: string, name = '') => `/kubernetes/${cluster}/api/v1/namespaces/${mine}/configmaps${name && `/${name}`}`;

  it('begins with what is there, and tells of what comes, changes, stops matching, matches again and goes, on every cluster', async () => {
    const watch = await watching(archon.client, `configmaps?labelSelector=watched=${mine}&watch=true`);
    await watch.tells('BOOKMARK');
    const labels = { watched: mine };
    for (const cluster of CLUSTERS) await must(archon.client.post(maps(cluster), { metadata: { name: `w-${cluster}`, labels } }));
    await watch.tells('ADDED w-c1', 'ADDED w-c2');
    await must(archon.client.patch(maps('c1', 'w-c1'), { data: { a: 'b' } }));
    await watch.tells('MODIFIED w-c1');
    await must(archon.client.patch(maps('c1', 'w-c1'), { metadata: { labels: { watched: 'no' } } }));
    await watch.tells('DELETED w-c1');
    await must(archon.client.patch(maps('c1', 'w-c1'), { metadata: { labels } }));
    await eventually(() => Promise.resolve(watch.told().filter((each) => each === 'ADDED w-c1').length === 2), {
      what: 'it to be told again',
    });
    for (const cluster of CLUSTERS) await must(archon.client.delete(maps(cluster, `w-${cluster}`)));
    await watch.tells('DELETED w-c2');
    watch.end();
    const second = await watching(archon.client, `configmaps?labelSelector=suite=${mine}&namespaces=${mine}&watch=1&timeoutSeconds=2`);
    await second.ended;
    expect(second.told().filter((each) => each.startsWith('ADDED'))).toHaveLength(2 * COUNT);
  });

  it('tells nothing that its caller may not list, and ends when a right is taken', async () => {
    const watch = await watching(member, `configmaps?labelSelector=suite=${mine}&watch=true`);
    await watch.tells('ADDED s-0', 'BOOKMARK');
    await must(archon.client.patch(`/kubernetes/c2/api/v1/namespaces/${mine}/configmaps/s-1`, { data: { a: 'hidden' } }));
    await must(archon.client.patch(maps('c1', 's-2'), { data: { a: 'shown' } }));
    await watch.tells('MODIFIED s-2');
    expect(watch.told()).not.toContain('MODIFIED s-1');
    const path = `/kubernetes/c1/${RBAC}/namespaces/${mine}/rolebindings`;
    const { roleRef, subjects } = (await archon.client.get<KubernetesBody & { roleRef: object; subjects: object[] }>(`${path}/maps`)).body;
    const begin = performance.now();
    await must(archon.client.delete(`${path}/maps`));
    await watch.ended;
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(watch.events.at(-1)).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    await must(archon.client.post(path, { metadata: { name: 'maps' }, roleRef, subjects }));
    await found(member, `configmaps?labelSelector=suite=${mine}`, COUNT);
  });
});

describe('bad input', () => {
  it.each([
    ['configmaps?labelSelector=a in', 400, /labelSelector: expected/],
    ['configmaps?fieldSelector=a', 400, /fieldSelector: expected/],
    ['configmaps?sort=a~', 400, /sort: expected/],
    ['configmaps?facets=owner', 400, /facets: "owner" is none of/],
    ['configmaps?continue=abc', 400, /continue: not a token of this list/],
    ['configmaps?notOlderThan=c1', 400, /notOlderThan: .* as c1:12345/],
    ['configmaps?notOlderThan=c9:1', 400, /no cluster "c9"/],
    ['configmaps?consistency=eventual', 422, /consistency/],
    ['?consistency=live', 400, /consistency: only a list of one kind/],
    ['configmaps?limit=0', 422, /limit/],
    ['configmaps?limit=501', 422, /limit/],
    ['configmaps?limit=-1', 422, /limit/],
    ['configmaps?owner=me', 422, /owner/],
    ['configmaps?createdAfter=yesterday', 422, /createdAfter/],
    ['configmaps?nothing=1', 422, /nothing/],
    ['wonders', 404, /wonders/],
    ['wonders.example.org', 404, /wonders/],
    [
      `configmaps?labelSelector=${Array.from({ length: 800 }, (_, index) => `a${index}`).join(',')}`,
      400,
      /labelSelector: must have at most/,
    ],
  ])('%s is answered with %i', async (path, status, message) => {
    const answer = await search(archon.client, encodeURI(path));
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)]);
  });

  it('is a token of another list, of somebody else, and one that was altered', async () => {
    const path = `configmaps?labelSelector=suite=${mine}&limit=2`;
    const { body } = await search(member, path);
    const token = body.metadata.continue ?? '';
    const altered = `${token.slice(0, -3)}${token.at(-3) === 'A' ? 'B' : 'A'}${token.slice(-2)}`;
    for (const [client, asked] of [
      [member, `${path}&sort=-name&continue=${token}`],
      [member, `secrets?labelSelector=suite=${mine}&limit=2&continue=${token}`],
      [archon.client, `${path}&continue=${token}`],
      [member, `${path}&continue=${altered}`],
    ] as const)
      expect((await search(client, asked)).status, asked).toBe(400);
    expect((await search(member, `${path}&continue=${token}`)).status).toBe(200);
  });

  it('is taken as text where it looks like a pattern', async () => {
    for (const keyword of ['%', '_', '.*', 's-[0-9]', "'; drop table objects; --"])
      expect(
        (await search(archon.client, `configmaps?keyword=${encodeURIComponent(keyword)}&labelSelector=suite=${mine}`)).body.items,
      ).toEqual([]);
  });
});

describe('a cluster that is cut off', () => {
  it('is named, with since when, and what is known of it is shown as old', async () => {
    await must(archon.client.patch('/acp/v1/clusters/c2', { spec: { disabled: true } }));
    const { body } = await search(archon.client, `configmaps?labelSelector=suite=${mine}`);
    expect(body.items).toHaveLength(4 * COUNT);
    expect(body.metadata.failures).toMatchObject([
      { cluster: 'c2', reason: 'ServiceUnavailable', message: expect.stringMatching(/disabled/) as unknown },
    ]);
    expect(body.metadata.freshness.find(({ cluster }) => cluster === 'c2')?.staleSince).toBeDefined();
    expect(body.metadata.freshness.find(({ cluster }) => cluster === 'c1')?.staleSince).toBeUndefined();
    await must(archon.client.patch('/acp/v1/clusters/c2', { spec: { disabled: false } }));
  });
});
