import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from './support/archon.js';
import { uniqueName } from './support/cluster-objects.js';
import { eventually } from './support/wait-for.js';

interface Role {
  metadata: { name: string };
  spec: { level: string; displayName: string; rules: { function: string; verbs: string[] }[] };
  status: { builtIn?: boolean; waitingClusters?: string[] };
}
type Status = { reason: string; message: string; details?: { causes?: { field: string }[] } };

const ROLES = '/acp/v1/roles';

let archon: Archon;
let project: string;
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
  project = uniqueName('r');
  const made = await archon.client.post('/acp/v1/projects', { metadata: { name: project }, spec: { clusters: [{ name: 'c1' }] } });
  expect(made.status, made.text).toBe(201);
  expect((await archon.client.post('/acp/v1/kubernetes/c1/general-namespaces', { project, name: 'dev' })).status).toBe(200);
});
afterAll(() => archon?.dispose());

describe('the table of permissions', () => {
  it('PERM-1 shows everybody which role gives which action of which function', async () => {
    const jane = await archon.as('jane@example.org');
    const { status, body, text } = await jane.get<{ items: { function: string; roles: Record<string, string[]> }[] }>(
      '/acp/v1/permissions?keyword=acp-namespaces&limit=500',
    );
    expect(status, text).toBe(200);
    expect(JSON.stringify(body)).toContain('acp-namespaces');
    expect(JSON.stringify(body)).toContain('namespace-developer-system');
    const { items } = (await jane.get<{ items: Role[] }>(`${ROLES}?limit=500`)).body;
    expect(items.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining([
        'platform-admin-system',
        'platform-auditor-system',
        'project-admin-system',
        'namespace-admin-system',
        'namespace-developer-system',
      ]),
    );
  });
});

describe('a custom role', () => {
  const body = (name: string, verbs: string[], level = 'namespace') => ({
    metadata: { name },
    spec: { level, displayName: 'Readers of ConfigMaps', rules: [{ function: 'acp-user-configmap', verbs }] },
  });

  it('PERM-1 is written by administrators, works in clusters, changes with its table, and is removed when nobody has it', {
    timeout: 90_000,
  }, async () => {
    const name = uniqueName('reader');
    const created = await archon.client.post<Role>(ROLES, body(name, ['get', 'list']));
    expect(created.status, created.text).toBe(201);
    const subject = { kind: 'User', name: `${uniqueName('reader')}@example.org` };
    const members = `/acp/v1/kubernetes/c1/namespaces/${project}-dev/members`;
    expect((await archon.client.post(members, { subject, role: name })).status).toBe(201);
    const reader = await archon.as(subject.name);
    const url = `/kubernetes/c1/api/v1/namespaces/${project}-dev/configmaps`;
    // The namespace was there before the role: its binding comes with the next comparison.
    await eventually(async () => (await reader.get(url)).status === 200, { what: 'the role to work', timeoutMs: 30_000 });
    expect((await reader.post(url, { metadata: { name: 'mine' } })).status).toBe(403);

    const rules = [{ function: 'acp-user-configmap', verbs: ['get', 'list', 'create'] }];
    const patched = await archon.client.patch<Role>(`${ROLES}/${name}`, { spec: { rules } });
    expect(patched.status, patched.text).toBe(200);
    await eventually(async () => (await reader.post(url, { metadata: { name: 'mine' } })).status === 201, {
      what: 'the change to work',
      timeoutMs: 30_000,
    });

    expect((await archon.client.delete<Status>(`${ROLES}/${name}`)).status).toBe(409);
    expect((await archon.client.delete(`${members}/${subject.name}`)).status).toBe(204);
    expect((await archon.client.delete(`${ROLES}/${name}`)).status).toBe(204);
    expect((await archon.client.get(`${ROLES}/${name}`)).status).toBe(404);
  });

  it.each([
    ['the name of a built-in one', body('project-admin-system', ['get']), 422],
    [
      'a function that there is not',
      { metadata: { name: 'odd' }, spec: { level: 'project', displayName: 'x', rules: [{ function: 'acp-nothing', verbs: ['get'] }] } },
      422,
    ],
    ['a verb that there is not', body('odd', ['fly']), 422],
    ['a level that there is not', body('odd', ['get'], 'galaxy'), 422],
  ])('can not have %s', async (_, wrong, code) => {
    const answer = await archon.client.post<Status>(ROLES, wrong);
    expect(answer.status, answer.text).toBe(code);
  });

  it('is nobody’s to write but an administrator’s; built-in ones are nobody’s', async () => {
    const jane = await archon.as('jane@example.org');
    expect((await jane.post(ROLES, body('mine', ['*']))).status).toBe(403);
    const built = await archon.client.patch<Status>(`${ROLES}/project-admin-system`, { spec: { displayName: 'Mine' } });
    expect([403, 409, 422]).toContain(built.status);
    expect([403, 409, 422]).toContain((await archon.client.delete<Status>(`${ROLES}/project-admin-system`)).status);
  });
});
