import { Client } from 'pg';

/** Anything that can run a statement: a TypeORM data source, or the manager of a transaction. */
interface Querying {
  query(sql: string, parameters: unknown[]): Promise<unknown>;
}

type Listener = (payload: string) => void;

const CHANNEL = 'archon';
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;
/** Without traffic a broken connection would not be noticed; missed messages would then be missed for long. */
const HEARTBEAT_MS = 5000;

/**
 * Messages between replicas over Postgres (LISTEN and NOTIFY): what was changed, so that nobody goes on with what is remembered of it.
 * A message may be lost while the connection is: listeners of `onGap` are told afterwards, and must then trust nothing that they remember.
 */
export class Notifications {
  private readonly listeners = new Map<string, Listener[]>();
  private readonly gapListeners: (() => void)[] = [];
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly database: Querying,
    /** Told of each connection that breaks. */
    private readonly onConnectionLost: (error: Error) => void,
  ) {}

  /** Begins to listen. Later losses are repaired in the background. */
  async open(): Promise<void> {
    await this.connect();
  }

  on(topic: string, listener: Listener): void {
    this.listeners.set(topic, [...(this.listeners.get(topic) ?? []), listener]);
  }

  onGap(listener: () => void): void {
    this.gapListeners.push(listener);
  }

  /**
   * Tells all replicas; this one at once. The payload may have 7,900 bytes and is no place for secrets.
   * With the manager of a transaction the others are told when it commits; call it last then, as this replica is told here and now.
   */
  async publish(topic: string, payload: string, within: Querying = this.database): Promise<void> {
    await within.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify([topic, payload])]);
    this.deliver(topic, payload);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined); // a connection that is broken already needs no farewell
  }

  private async connect(): Promise<void> {
    const client = new Client({ connectionString: this.url, application_name: 'archon-notifications', connectionTimeoutMillis: 5000 });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    client.on('notification', ({ payload }) => {
      const [topic, text] = JSON.parse(payload ?? '[]') as [string, string];
      this.deliver(topic, text);
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.closed) {
      await client.end();
      return;
    }
    this.client = client;
    this.beat(client);
  }

  private beat(client: Client): void {
    this.timer = setTimeout(() => {
      const silent = setTimeout(() => this.lost(client, new Error('the connection does not answer')), HEARTBEAT_MS);
      client
        .query('select 1')
        .then(() => this.client === client && this.beat(client))
        .catch((error: unknown) => this.lost(client, error as Error))
        .finally(() => clearTimeout(silent));
    }, HEARTBEAT_MS).unref();
  }

  private lost(client: Client, error: Error): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    clearTimeout(this.timer);
    this.onConnectionLost(error);
    client.end().catch(() => undefined);
    this.reconnect(FIRST_RETRY_MS);
  }

  private reconnect(delayMs: number): void {
    this.timer = setTimeout(
      () => {
        this.connect()
          .then(() => this.gapListeners.forEach((listener) => listener()))
          .catch(() => this.closed || this.reconnect(Math.min(delayMs * 2, LONGEST_RETRY_MS)));
      },
      delayMs * (0.5 + Math.random()),
    ).unref();
  }

  private deliver(topic: string, payload: string): void {
    for (const listener of this.listeners.get(topic) ?? []) listener(payload);
  }
}
