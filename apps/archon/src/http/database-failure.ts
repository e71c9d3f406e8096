import { ApiError } from '#errors';

/** Postgres: connection exceptions, operator intervention, out of connections; and of the socket to it. */
const AWAY_CODE = /^(08|57P|53300|ECONNRESET$|EPIPE$)/;
/** What the driver says without a code. */
const AWAY_MESSAGE = /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|connect )/;

/** 503 when an error means that the database can't be reached at present; undefined for any other error. */
export function databaseAway(error: unknown): ApiError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!AWAY_CODE.test(code) && !AWAY_MESSAGE.test(error.message)) return undefined;
  return new ApiError(
    'ServiceUnavailable',
    'the database is unavailable at present; try again',
    { retryAfterSeconds: 2 },
    { cause: error },
  );
}
