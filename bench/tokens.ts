import path from 'node:path';
import { startEmbeddedPostgres } from '#database';
import type { Lab, Progress } from '#lab';
import { type BenchArchon, startArchon } from './bench-archon.js';
import { measure, type Measurement } from './load.js';
import { spread } from './statistics.js';
import { throughArchon } from './subjects.js';
import { startLightBackend } from './targets.js';

/** What it costs to verify an API token: its signature, its row and its user. */
export interface TokenFigures {
  tokens: number;
  /** CPU time per request with one token, which is remembered, and with so many that each is verified anew. */
  rememberedMicroseconds: number;
  verifiedMicroseconds: number;
  /** By the difference of the two: how many a processor verifies per second. */
  verificationsPerSecond: number;
}

/** Asked in turn, none is asked again while it is remembered (2 s). */
const TOKENS = 12_000;
const CREATED_AT_ONCE = 16;
const CONNECTIONS = 32;
const WARM_UP_SECONDS = 4;

/** Requests through the proxy with one token and with many, in turns. Postgres runs beside, so that what is counted is Archon. */
export async function measureTokens(
  root: string,
  state: string,
  lab: Lab,
  { rounds, seconds }: { rounds: number; seconds: number },
  progress: Progress,
): Promise<TokenFigures> {
  await using running = new AsyncDisposableStack();
  const stopping = <T extends { stop(): Promise<void> }>(started: T): T => {
    running.defer(() => started.stop());
    return started;
  };
  const target = stopping(await startLightBackend(lab, state));
  const postgres = stopping(await startEmbeddedPostgres(path.join(state, 'tokens-postgres'), { dieWithParent: true }));
  const archon = stopping(await startArchon(root, path.join(state, 'tokens'), { tls: 'off', databaseUrl: postgres.url }));
  const { request, pid } = await throughArchon('Archon', archon, target);
  const authorizations = await progress.step(`create ${TOKENS} tokens`, () => createTokens(archon));
  const load = (many: boolean, duration: number): Promise<Measurement> =>
    measure(
      lab.tools.lab,
      {
        url: request.url + target.smallPath,
        connections: CONNECTIONS,
        seconds: duration,
        headers: many ? {} : request.headers,
        ...(many ? { authorizations } : {}),
        tls: {},
      },
      pid,
    );
  return await progress.step(`requests with ${TOKENS} tokens`, async (waitingFor) => {
    waitingFor('the warm-up');
    for (const many of [false, true]) await load(many, WARM_UP_SECONDS);
    const measured: { one: number; many: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      waitingFor(`round ${round + 1} of ${rounds}`);
      const one = await load(false, seconds);
      const many = await load(true, seconds);
      measured.push({ one: one.cpuMicroseconds ?? 0, many: many.cpuMicroseconds ?? 0 });
    }
    return {
      tokens: TOKENS,
      rememberedMicroseconds: spread(measured.map(({ one }) => one)).median,
      verifiedMicroseconds: spread(measured.map(({ many }) => many)).median,
      verificationsPerSecond: spread(measured.map(({ one, many }) => 1e6 / (many - one))).median,
    };
  });
}

async function createTokens(archon: BenchArchon): Promise<string[]> {
  const authorizations: string[] = [];
  const create = async () => {
    while (authorizations.length < TOKENS) {
      const place = authorizations.push('') - 1;
      const { body } = await archon.client.call('POST', '/auth/v1/accesstoken', {
        description: 'bench',
        expiration: Math.round(Date.now() / 1000) + 86_400,
      });
      authorizations[place] = `Bearer ${(body as { token: string }).token}`;
    }
  };
  await Promise.all(Array.from({ length: CREATED_AT_ONCE }, create));
  return authorizations;
}
