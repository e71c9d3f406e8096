import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, describeSettings, environment, loadConfig } from '#config';
import { startEmbeddedPostgres } from '#database';
import { createLogger } from '#log';
import { verifyAudit } from './audit/audit-verify.command.js';
import { rekeyCommand } from './encryption/rekey.command.js';
import { rebuildIndexCommand } from './index/index-rebuild.command.js';
import { startServer } from './server.gateway.js';
import { releaseStartMemory } from './start-memory.gateway.js';

const USAGE = `Usage: archon [serve | config | rekey | audit verify | index rebuild]
  serve    starts the API server (the default)
  config   prints the settings, which are environment variables
  rekey    brings all stored secrets under the first key of the key file, beside running servers
  audit verify [head...]
           checks that nobody has altered the audit log; heads are those of the process log (auditHead)
  index rebuild [cluster]
           has every object of the index read and written anew, of one cluster or of all, beside running servers`;

async function serve(): Promise<void> {
  const config = loadConfig(environment());
  const logger = createLogger(config.logLevel);
  await mkdir(config.stateDir, { recursive: true, mode: 0o700 });
  const embedded = config.databaseUrl === undefined ? await startEmbeddedPostgres(path.join(config.stateDir, 'postgres')) : undefined;
  const server = await startServer({ config, logger, databaseUrl: embedded?.url ?? config.databaseUrl?.reveal() ?? '' }).catch(
    async (error: unknown) => {
      await embedded?.stop();
      throw error;
    },
  );

  releaseStartMemory();

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'shutting down');
    setTimeout(() => process.exit(1), (config.shutdownDelaySeconds + config.shutdownSeconds + 3) * 1000).unref();
    const closed = server.close().then(() => embedded?.stop());
    closed
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        logger.error({ err: error }, 'shutting down failed');
        process.exit(1);
      });
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

const command = process.argv[2] ?? 'serve';
if (command === 'serve') {
  await serve().catch((error: unknown) => {
    process.stderr.write(`${error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
} else if (command === 'config') {
  process.stdout.write(`${describeSettings()}\n`);
} else if (command === 'rekey') {
  process.exitCode = await rekeyCommand(loadConfig(environment()), (line) => process.stdout.write(`${line}\n`)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
} else if (command === 'audit' && process.argv[3] === 'verify') {
  process.exitCode = await verifyAudit(loadConfig(environment()), process.argv.slice(4), (line) => process.stdout.write(`${line}\n`)).catch(
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return 2;
    },
  );
} else if (command === 'index' && process.argv[3] === 'rebuild') {
  process.exitCode = await rebuildIndexCommand(loadConfig(environment()), process.argv[4], (line) =>
    process.stdout.write(`${line}\n`),
  ).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
} else if (command === 'help' || command === '--help') {
  process.stdout.write(`${USAGE}\n`);
} else {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}
