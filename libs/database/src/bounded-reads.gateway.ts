import { Pool } from 'pg';
import { ApiError } from '#errors';

interface Options {
  url: string;
  /** How many run at a time; others wait for them. */
  connections: number;
  /** For the wait, and again for the statement. */
  seconds: number;
  /** Told of each connection that breaks. */
  onConnectionLost: (error: Error) => void;
}

/** SQLSTATE of a statement that came to the end of its time. */
const QUERY_CANCELED = '57014';
/** A database that hears nothing doesn't end a statement itself. */
const GRACE_MS = 1000;

/**
 * Reads that may go through very many rows. They have connections of their own, so that nothing else waits for them, and each ends in time.
 */
export class BoundedReads {
  private readonly pool: Pool;

  constructor(private readonly options: Options) {
    const { url, connections, seconds, onConnectionLost } = options;
    this.pool = new Pool({
      connectionString: url,
      application_name: 'archon-lists',
      max: connections,
      connectionTimeoutMillis: seconds * 1000,
      statement_timeout: seconds * 1000,
      query_timeout: seconds * 1000 + GRACE_MS,
    });
    this.pool.on('error', onConnectionLost);
  }

  /** The rows of a statement. Throws 504 when it takes too long, and when too many others do. */
  async query<Rows extends object[]>(statement: string, parameters: readonly unknown[] = []): Promise<Rows> {
    try {
      const { rows } = await this.pool.query(statement, [...parameters]);
      return rows as Rows;
    } catch (error) {
      throw this.tooLong(error) ?? error;
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private tooLong(error: unknown): ApiError | undefined {
    const { code, message } = error as { code?: string; message?: string };
    const { seconds } = this.options;
    if (code === QUERY_CANCELED || message === 'Query read timeout')
      return new ApiError(
        'Timeout',
        `the list takes more than ${seconds} seconds: narrow it by clusters, namespaces, labels or times`,
        {},
        { cause: error },
      );
    // What the pool says of one that waited for others; a connection that can't be made is told otherwise.
    if (message === 'timeout exceeded when trying to connect')
      return new ApiError(
        'Timeout',
        'other lists keep the database busy: try again, or narrow the list',
        { retryAfterSeconds: seconds },
        { cause: error },
      );
    return undefined;
  }
}
