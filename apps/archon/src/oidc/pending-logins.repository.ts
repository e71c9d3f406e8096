import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { FieldCipher } from '#database';
import { PendingLoginEntity } from './pending-login.entity.js';

type Kind = PendingLoginEntity['kind'];

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** Logins under way, shared by all replicas. Times are the database's. */
@Injectable()
export class PendingLogins {
  constructor(
    @InjectRepository(PendingLoginEntity) private readonly rows: Repository<PendingLoginEntity>,
    private readonly cipher: FieldCipher,
  ) {}

  /** Stores what the next step needs; gives the secret (256 bits, in the alphabet of URLs) that leads back to it. */
  async put(kind: Kind, provider: string, content: object, seconds: number): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    const hash = hashOf(secret);
    const sealed = this.cipher.encrypt(JSON.stringify(content), addressOf(hash));
    await this.rows.query(
      `insert into pending_logins (hash, kind, provider, sealed, expires_at) values ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
      [hash, kind, provider, sealed, seconds],
    );
    return secret;
  }

  /** What was stored, for exactly one caller on all replicas; undefined when it is unknown, taken, too old, or of another provider. */
  async take<T extends object>(kind: Kind, secret: string, provider?: string): Promise<{ provider: string; content: T } | undefined> {
    if (!SECRET.test(secret)) return undefined;
    const [taken] = await this.rows.query<[PendingLoginEntity[], number]>(
      `delete from pending_logins where hash = $1 and kind = $2 and provider = coalesce($3, provider) and expires_at > now() returning *`,
      [hashOf(secret), kind, provider ?? null],
    );
    return taken[0] && this.open<T>(taken[0]);
  }

  /** What a device waits for. `tooEarly`: it asked less than `seconds` ago, perhaps at another replica. */
  async poll<T extends object>(secret: string, seconds: number): Promise<{ provider: string; content: T } | 'tooEarly' | undefined> {
    if (!SECRET.test(secret)) return undefined;
    const [polled] = await this.rows.query<[PendingLoginEntity[], number]>(
      `update pending_logins set polled_at = now() where hash = $1 and kind = 'device' and expires_at > now()
         and (polled_at is null or polled_at <= now() - make_interval(secs => $2)) returning *`,
      [hashOf(secret), seconds],
    );
    if (polled[0] !== undefined) return this.open<T>(polled[0]);
    return (await this.rows.existsBy({ hash: hashOf(secret), kind: 'device' })) ? 'tooEarly' : undefined;
  }

  async sweep(): Promise<void> {
    await this.rows.query('delete from pending_logins where expires_at <= now()');
  }

  private open<T>({ hash, provider, sealed }: PendingLoginEntity): { provider: string; content: T } {
    return { provider, content: JSON.parse(this.cipher.decrypt(sealed, addressOf(hash))) as T };
  }
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

const addressOf = (hash: Buffer) => ({ table: 'pending_logins', id: hash.toString('hex'), field: 'sealed' });
