import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archon } from '../support/archon.js';
import { recorded, startRecordedCluster } from '../support/recorded-cluster.js';
import type { RecordingApiServer } from '../support/recording-api-server.js';

const PASSWORD = 'correct horse battery staple';

let archon: Archon;
let cluster: RecordingApiServer;
let names = 0;

beforeAll(async () => {
  archon = await Archon.start();
  cluster = await startRecordedCluster(archon, 'rec');
});
afterAll(async () => {
  await cluster?.close();
  await archon?.dispose();
});

/** Credentials of an administrator whom nothing remembers yet: each kind goes through all of its steps. */
async function strangers(): Promise<Record<string, string>> {
  const email = `closed${++names}@example.org`;
  expect((await archon.client.post('/auth/v1/users', { spec: { email, password: PASSWORD, is_admin: true } })).status).toBe(201);
  const login = { username: email, password: PASSWORD, newPassword: `${PASSWORD} 2` };
  const session = await archon.client.as(undefined).post<{ access_token: string }>('/auth/v1/login', login);
  return { session: session.body.access_token, token: await archon.tokenOf(email) };
}

describe('T6 CVE-2026-44882: a step of the authentication that fails lets nobody through', () => {
  it.each([
    ['the users', 'alter table users rename to gone', 'alter table gone rename to users', ['session', 'token']],
    ['the roles', 'alter table users rename column roles to gone', 'alter table users rename column gone to roles', ['session', 'token']],
    ['the sessions', 'alter table sessions rename to gone', 'alter table gone rename to sessions', ['session']],
    ['the API tokens', 'alter table access_tokens rename to gone', 'alter table gone rename to access_tokens', ['token']],
  ])('when %s cannot be read', async (_, breakIt, mendIt, kinds) => {
    const credentials = await strangers();
    await archon.database.query(breakIt);
    try {
      for (const kind of kinds) {
        const { result, requests } = await recorded(cluster, async () => [
          await archon.client.as(credentials[kind]).get('/kubernetes/rec/api/v1/secrets'),
          await archon.client.as(credentials[kind]).request('DELETE', '/kubernetes/rec/api/v1/namespaces/kube-system'),
        ]);
        for (const { status } of result) expect(status, kind).toBeGreaterThanOrEqual(401);
        expect(
          requests.filter(({ path }) => path.includes('secrets')),
          kind,
        ).toEqual([]);
        expect(
          requests.filter(({ method }) => method === 'DELETE'),
          kind,
        ).toEqual([]);
      }
    } finally {
      await archon.database.query(mendIt);
    }
    for (const kind of kinds) expect((await archon.client.as(credentials[kind]).get('/kubernetes/rec/api/v1/pods')).status, kind).toBe(200);
  });

  it.each(['{}', '{"roles":["administrator"],"groups":["system:masters"],"is_admin":true}'])(
    'T30: whatever else a login sends, such as %s, gives no role',
    async (more) => {
      const email = `plain${++names}@example.org`;
      await archon.client.post('/auth/v1/users', { spec: { email, password: PASSWORD } });
      const body = { username: email, password: PASSWORD, newPassword: `${PASSWORD} 2`, ...(JSON.parse(more) as object) };
      const answer = await archon.client.as(undefined).post<{ access_token: string }>('/auth/v1/login', body);
      if (more === '{}') expect((await archon.client.as(answer.body.access_token).get('/auth/v1/users')).status).toBe(403);
      else expect(answer.status).toBe(422);
    },
  );
});
