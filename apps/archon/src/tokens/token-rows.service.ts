import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { AccessScope } from '../auth/access-scope.js';
import { AccessTokenEntity } from './access-token.entity.js';

/** What a request needs to know of its token. */
export interface TokenRow {
  id: string;
  userName: string;
  scope: AccessScope | null;
  hash: Buffer;
  /** By the clock of this process, however that goes. */
  expiresAt: Date;
}

interface Waiting {
  resolve: (row: TokenRow | undefined) => void;
  reject: (error: Error) => void;
}

const MAX_BATCH = 500;
const SELECT = `
  select id, user_name, scope, hash, extract(epoch from expires_at - clock_timestamp()) * 1000 as left_ms
  from access_tokens where id = any($1) and expires_at > clock_timestamp()`;

/** Reads the rows of tokens that are checked at the same time with one statement: under load, hundreds of requests share one. */
@Injectable()
export class TokenRows {
  private waiting = new Map<string, Waiting[]>();

  constructor(@InjectRepository(AccessTokenEntity) private readonly rows: Repository<AccessTokenEntity>) {}

  /** The row of a token that has not ended, by the clock of the database. `id` is a UUID in lower case. */
  find(id: string): Promise<TokenRow | undefined> {
    return new Promise((resolve, reject) => {
      if (this.waiting.size === 0) setImmediate(() => void this.flush());
      const others = this.waiting.get(id);
      if (others === undefined) this.waiting.set(id, [{ resolve, reject }]);
      else others.push({ resolve, reject });
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = new Map();
    const ids = [...batch.keys()];
    const parts = Array.from({ length: Math.ceil(ids.length / MAX_BATCH) }, (_, part) =>
      ids.slice(part * MAX_BATCH, (part + 1) * MAX_BATCH),
    );
    await Promise.all(parts.map((part) => this.read(part, batch)));
  }

  private async read(ids: string[], batch: ReadonlyMap<string, Waiting[]>): Promise<void> {
    const each = (act: (waiting: Waiting, id: string) => void) => {
      for (const id of ids) for (const waiting of batch.get(id) ?? []) act(waiting, id);
    };
    try {
      const found = await this.rows.query<{ id: string; user_name: string; scope: AccessScope | null; hash: Buffer; left_ms: string }[]>(
        SELECT,
        [ids],
      );
      const now = Date.now();
      const rows = new Map(
        found.map(({ id, user_name: userName, scope, hash, left_ms: leftMs }) => [
          id,
          { id, userName, scope, hash, expiresAt: new Date(now + Number(leftMs)) },
        ]),
      );
      each(({ resolve }, id) => resolve(rows.get(id)));
    } catch (error) {
      each(({ reject }) => reject(error as Error));
    }
  }
}
