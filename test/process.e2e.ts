import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#database';
import { migrations } from '#migrations';
import { CertificateAuthority } from '#pki';
import { Archon } from './support/archon.js';
import { createDatabase } from './support/databases.js';
import { ArchonClient } from './support/http-client.js';
import { RecordingApiServer } from './support/recording-api-server.js';
import { eventually } from './support/wait-for.js';

type Status = { kind: string; code: number; reason: string; message: string };

const MAIN = path.resolve(import.meta.dirname, '../dist/apps/archon/src/main.js');
const TOKENS = '/auth/v1/accesstoken';

const cleanups: (() => Promise<unknown>)[] = [];
/** Ends with the test. */
const ending = <T>(thing: T, end: (thing: T) => Promise<unknown>): T => {
  cleanups.unshift(() => end(thing));
  return thing;
};
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const start = async (options?: Parameters<typeof Archon.start>[0]) => ending(await Archon.start(options), (archon) => archon.dispose());
const folder = () => mkdtemp(path.join(inject('environment').state, 'process-'));

/** Runs `main.js` to its end. */
async function run(args: string[], env: Record<string, string> = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH ?? '', ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

describe('the command line', () => {
  it('prints the table of settings', async () => {
    const { code, stdout, stderr } = await run(['config'], { ARCHON_PORT: 'wrong settings are no reason not to print it' });
    expect([code, stderr]).toEqual([0, '']);
    const [head, line, ...rows] = stdout.trim().split('\n');
    expect([head, line]).toEqual(['| variable | default | meaning |', '| --- | --- | --- |']);
    expect(rows).toContain('| `ARCHON_PORT` | `8443` | port to listen on; 0 takes a free one |');
    for (const row of rows) expect(row).toMatch(/^\| `ARCHON_[A-Z_]+` \| (`[^`]+`)? \| [^|]+ \|$/);
  });

  it('explains itself, on request and when it was not understood', async () => {
    for (const argument of ['--help', 'help'])
      expect(await run([argument])).toEqual({ code: 0, stdout: expect.stringMatching(/^Usage: archon /), stderr: '' });
    expect(await run(['sevre'])).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^Usage: archon /) });
  });

  it('ends with 1 and names all faults when the settings are wrong, and has touched nothing', async () => {
    const state = await folder();
    const faults = {
      ARCHON_PORT: 'http',
      ARCHON_TLS: 'maybe',
      ARCHON_TOKEN_MAX_DAYS: '0',
      ARCHON_LABEL_BASE_DOMAIN: 'no domain',
      ARCHON_COLOUR: 'red',
    };
    const { code, stdout, stderr } = await run([], { ARCHON_STATE_DIR: state, ...faults });
    expect([code, stdout]).toEqual([1, '']);
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(Object.keys(faults).sort());
    expect(await readdir(state)).toEqual([]);
  });

  it('ends with 1 and names the file when the certificate is missing', async () => {
    const files = { ARCHON_TLS: 'files', ARCHON_TLS_CERT_FILE: '/nonexistent/a.crt', ARCHON_TLS_KEY_FILE: '/nonexistent/a.key' };
    const { code, stderr } = await run([], {
      ARCHON_STATE_DIR: await folder(),
      ARCHON_DATABASE_URL: inject('environment').postgresUrl,
      ...files,
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('/nonexistent/a.crt')]);
  });

  it('T31: ends when the environment switches the verification of certificates off', async () => {
    const { code, stderr } = await run([], { ARCHON_STATE_DIR: await folder(), NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED')]);
  });

  it.each<[string, string]>([
    ['is empty', ''],
    ['holds blanks', '   \n\t\n'],
    ['is too short', Buffer.from('short').toString('base64')],
    ['holds 128 bits', Buffer.alloc(16, 7).toString('base64')],
    ['is a text, not base64', 'my secret encryption key, please keep it'],
    ['holds a sample text', Buffer.from('changeme-changeme-changeme-12345').toString('base64')],
    ['holds zeros', Buffer.alloc(32).toString('base64')],
  ])('T29 CVE-2026-125370 CVE-2023-22463 CVE-2022-36089: ends when the file of the encryption key %s, and names it', async (_, content) => {
    const state = await folder();
    const keyFile = path.join(state, 'weak.key');
    await writeFile(keyFile, content, { mode: 0o600 });
    const database = ending(await createDatabase(), (made) => made.drop());
    const settings = { ARCHON_STATE_DIR: state, ARCHON_DATABASE_URL: database.url, ARCHON_ENCRYPTION_KEY_FILE: keyFile };
    const begin = performance.now();
    const { code, stderr } = await run([], settings);
    expect([code, stderr]).toEqual([1, expect.stringContaining('weak.key')]);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(await readFile(keyFile, 'utf8')).toBe(content);
  });
});

describe('start', () => {
  it('of ten replicas at once on an empty database migrates it once, and all are ready', { timeout: 180_000 }, async () => {
    const database = ending(await createDatabase(), (made) => made.drop());
    const settings = {
      ARCHON_DATABASE_URL: database.url,
      ARCHON_DATABASE_POOL_SIZE: '3',
      ARCHON_ENCRYPTION_KEY_FILE: path.join(await folder(), 'encryption.key'),
    };
    const replicas = await Promise.all(Array.from({ length: 10 }, () => start({ settings })));
    for (const { client } of replicas) expect((await client.get('/readyz')).text).toBe('ok');
    const applied = await database.query<{ name: string }>('select name from migrations order by id');
    expect(applied.map((row) => row.name)).toEqual(migrations.map((migration) => migration.name));
    expect(await database.query('select id from signing_keys')).toHaveLength(1);
    const [first, last] = [replicas[0], replicas.at(-1)];
    expect((await last?.client.as(first?.token).get(TOKENS))?.status).toBe(200);
  });
});

describe('TLS', () => {
  /** The names of the certificate that is shown, or the error of the handshake. */
  const handshake = async (url: string, servername: string, ca: string): Promise<string> => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), servername, ca });
    try {
      await once(socket, 'secureConnect');
      return socket.getPeerCertificate().subjectaltname ?? '';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    } finally {
      socket.destroy();
    }
  };
  const authorityOf = (archon: Archon) => readFile(path.join(archon.state, 'tls', 'ca.crt'), 'utf8');

  it('shows a certificate of the own CA with the configured names; the CA outlives a restart', async () => {
    const archon = await start({ settings: { ARCHON_TLS_NAMES: 'archon.example.org, 127.0.0.1' } });
    const ca = await authorityOf(archon);
    for (let i = 0; i < 2; i++) {
      const { url } = archon.client;
      expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      expect(await handshake(url, 'archon.example.org', ca)).toBe('DNS:archon.example.org, IP Address:127.0.0.1');
      expect(await handshake(url, 'localhost', ca)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
      const { certPem } = await CertificateAuthority.create('Archon CA');
      expect(await handshake(url, 'archon.example.org', certPem)).toMatch(/^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE)$/);
      await archon.stop();
      await archon.run();
    }
    expect(await authorityOf(archon)).toBe(ca);
  });

  it('takes a certificate from files', async () => {
    const [authority, where] = [await CertificateAuthority.create('a company'), await folder()];
    const { certPem, keyPem } = await authority.issue({ commonName: 'archon', sans: ['files.example.org'], usages: ['server'] });
    const [cert, key] = [path.join(where, 'tls.crt'), path.join(where, 'tls.key')];
    await Promise.all([writeFile(cert, certPem), writeFile(key, keyPem)]);
    const archon = await start({ settings: { ARCHON_TLS: 'files', ARCHON_TLS_CERT_FILE: cert, ARCHON_TLS_KEY_FILE: key } });
    expect(await handshake(archon.client.url, 'files.example.org', authority.certPem)).toBe('DNS:files.example.org');
    expect(JSON.parse(await readFile(path.join(archon.state, 'archon.json'), 'utf8'))).toMatchObject({ caFile: null });
  });

  it('can be off', async () => {
    const archon = await start({ settings: { ARCHON_TLS: 'off' } });
    expect(archon.client.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await archon.client.get(TOKENS)).status).toBe(200);
  });
});

describe('a database that goes away', () => {
  it('makes Archon unready and requests 503; when it is back, all goes on by itself', { timeout: 120_000 }, async () => {
    const where = path.join(await folder(), 'postgres');
    const open = () => startEmbeddedPostgres(where, { durable: false, dieWithParent: true });
    let postgres: EmbeddedPostgres = ending(await open(), () => postgres.stop());
    const archon = await start({ settings: { ARCHON_DATABASE_URL: postgres.url } });
    const { pid } = archon;
    await postgres.stop();

    const unready = await eventually(
      async () => {
        const answer = await archon.client.get<Status>('/readyz');
        return answer.status === 503 && answer;
      },
      { what: 'Archon to notice' },
    );
    expect(unready.body).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable', message: 'the database does not answer' });
    expect(unready.headers['retry-after']).toBe('2');
    expect((await archon.client.get('/livez')).status).toBe(200);
    // Whether the token is looked up or is remembered, the answer is the same.
    const anonymous = new ArchonClient({ url: archon.client.url, caPem: await readFile(path.join(archon.state, 'tls', 'ca.crt'), 'utf8') });
    ending(anonymous, (client) => client.close());
    for (let i = 0; i < 3; i++) {
      const answer = await anonymous.as(archon.token).get<Status>(TOKENS);
      expect([answer.status, answer.body.kind, answer.body.reason], answer.text).toEqual([503, 'Status', 'ServiceUnavailable']);
      expect(answer.text).not.toContain(where);
      await sleep(1000);
    }

    postgres = await open();
    await eventually(async () => (await archon.client.get('/readyz')).status === 200, { what: 'Archon to be ready again' });
    expect((await archon.client.get(TOKENS)).status).toBe(200);
    expect([archon.pid, archon.isRunning]).toEqual([pid, true]);
  });

  it('may end connections as often as it likes: requests succeed or are 503, and Archon lives', { timeout: 60_000 }, async () => {
    const archon = await start();
    const anonymous = new ArchonClient({ url: archon.client.url, caPem: await readFile(path.join(archon.state, 'tls', 'ca.crt'), 'utf8') });
    const admin = ending(anonymous, (client) => client.close()).as(archon.token);
    const until = performance.now() + 4000;
    let ended = 0;
    const storm = async () => {
      while (performance.now() < until) {
        const rows = await archon.database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'archon' and datname = current_database()`,
        );
        ended += rows.length;
      }
    };
    const seen = new Map<string, number>();
    const client = async () => {
      while (performance.now() < until) {
        const { status, body } = await admin.get<Status>(TOKENS);
        const outcome = status === 200 ? '200' : `${status} ${body.reason}`;
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all([storm(), ...Array.from({ length: 4 }, client)]);
    expect(ended).toBeGreaterThan(20);
    expect(['200', '503 ServiceUnavailable'], JSON.stringify([...seen])).toEqual(expect.arrayContaining([...seen.keys()]));
    expect(seen.get('200')).toBeGreaterThan(0);
    // Archon may still have to notice the end of a connection.
    await eventually(async () => (await admin.get(TOKENS)).status === 200, { what: 'requests to succeed again', timeoutMs: 2000 });
    expect([(await archon.client.get('/readyz')).status, archon.isRunning]).toEqual([200, true]);
    expect(archon.log).toContain('a connection to the database was lost');
    expect(archon.log).not.toContain('connectionParameters');
  });
});

describe('shutdown', () => {
  it('lets a running request finish, takes no new one, and ends with 0', async () => {
    const server = ending(await RecordingApiServer.start(), (each) => each.close());
    const archon = await start();
    await archon.registerKubeconfig('slow', server.kubeconfig());
    const release = Promise.withResolvers<undefined>();
    const held = server.on({ method: 'GET', path: '/apis/app.k8s.io/v1beta1/namespaces/a/applications' }, () => release.promise, {
      times: 1,
    });
    const answer = archon.client.get<{ kind: string }>('/acp/v1/kubernetes/slow/namespaces/a/applications');
    await eventually(() => held.hits === 1, { what: 'the request to be at the cluster' });

    process.kill(archon.pid, 'SIGTERM');
    await eventually(() => archon.log.includes('shutting down'), { what: 'Archon to begin its end' });
    const { hostname, port } = new URL(archon.client.url);
    await eventually(
      async () => {
        const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
        const outcome = await once(socket, 'secureConnect').then(
          () => 'connected',
          (error: NodeJS.ErrnoException) => error.code,
        );
        socket.destroy();
        return outcome === 'ECONNREFUSED';
      },
      { what: 'new connections to be refused' },
    );
    expect(archon.isRunning).toBe(true);
    release.resolve(undefined);
    const { status, body, text } = await answer;
    expect([status, body.kind], text).toEqual([200, 'ApplicationList']);
    await eventually(() => !archon.isRunning, { what: 'Archon to end' });
    expect(await archon.stop()).toBe(0);
  });
});
