import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { SignJWT } from 'jose';
import type { EntityManager, Repository } from 'typeorm';
import { FieldCipher, Notifications } from '#database';
import type { Logger } from '#log';
import { AppConfig } from '../config.module.js';
import { LOGGER } from '../logger.module.js';
import { PeriodicTask } from '../periodic-task.service.js';
import { coverageOf, SIGNING_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, type OwnClaims, type TokenType } from './signed-token.js';
import { SigningKeyEntity } from './signing-key.entity.js';

/** A key with which tokens can be checked. */
export interface VerifyingKey {
  id: string;
  publicKey: KeyObject;
  createdAt: Date;
  retiredAt: Date | null;
  coversUntil: Date;
}

const LOCK = 7_264_501_339;
const TOPIC = 'signing-keys';
const CHECK_AGE_MS = 3_600_000;
/** A token with an unknown key id makes the keys be read anew, but not more often than this. */
const RELOAD_MS = 1000;

/** The keys that sign tokens: the newest one signs, older ones verify until the last token that they signed has expired. All replicas share them. */
@Injectable()
export class SigningKeys implements OnModuleInit, BeforeApplicationShutdown {
  private verifying = new Map<string, VerifyingKey>();
  private signing: { id: string; privateKey: KeyObject; coversUntil: Date } | undefined;
  private loadedAt = 0;
  private loading: Promise<void> | undefined;
  private readonly ageCheck: PeriodicTask;

  constructor(
    @InjectRepository(SigningKeyEntity) private readonly rows: Repository<SigningKeyEntity>,
    private readonly cipher: FieldCipher,
    private readonly config: AppConfig,
    private readonly notifications: Notifications,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.ageCheck = new PeriodicTask({
      everyMs: CHECK_AGE_MS,
      work: () => this.rotateIfOld(),
      logger,
      failure: 'the age of the signing key was not checked',
    });
  }

  async onModuleInit(): Promise<void> {
    const reload = () => void this.reload().catch((error: unknown) => this.logger.warn({ err: error }, 'the signing keys were not read'));
    this.notifications.on(TOPIC, reload);
    this.notifications.onGap(reload);
    await this.rotateIfOld();
    this.ageCheck.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.ageCheck.stop();
  }

  /** All keys with which a token may have been signed that is still valid, newest first. */
  list(): readonly VerifyingKey[] {
    return [...this.verifying.values()];
  }

  /** The key of this id. One that another replica has made a moment ago is found too. */
  async find(id: string): Promise<KeyObject | undefined> {
    if (!this.verifying.has(id) && Date.now() - this.loadedAt > RELOAD_MS) await this.reload();
    return this.verifying.get(id)?.publicKey;
  }

  /** A signed JWT (RFC 7519) with the claim `typ`, as the platform's API tokens have it. Times in seconds. */
  async sign(typ: TokenType, claims: OwnClaims): Promise<string> {
    const { id, privateKey } = await this.keyFor(claims.exp);
    return new SignJWT({ ...claims, typ, iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: id })
      .sign(privateKey);
  }

  /** Makes a new key that signs from now on, on all replicas. What the one before has signed stays valid. */
  async rotate(): Promise<void> {
    await this.locked((manager) => this.replace(manager));
    await this.announce();
  }

  private async rotateIfOld(): Promise<void> {
    const rotated = await this.locked(async (manager) => {
      const [newest] = await manager.query<{ old: boolean }[]>(
        `select created_at < now() - $1 * interval '1 day' as old from signing_keys where retired_at is null order by created_at desc limit 1`,
        [this.config.signingKeyDays],
      );
      if (newest?.old === false) return false;
      await this.replace(manager);
      return true;
    });
    await (rotated ? this.announce() : this.reload());
  }

  /** Replicas that start or rotate together do so one after the other. */
  private locked<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.rows.manager.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK]);
      return work(manager);
    });
  }

  private async replace(manager: EntityManager): Promise<void> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const id = randomUUID();
    await manager.query('update signing_keys set retired_at = clock_timestamp(), private_key = null where retired_at is null');
    await manager.query('delete from signing_keys where retired_at is not null and covers_until < now()');
    await manager.query(
      'insert into signing_keys (id, public_key, private_key, created_at, covers_until) values ($1, $2, $3, clock_timestamp(), now())',
      [id, publicKey, this.cipher.encrypt(privateKey, privateKeyAddress(id))],
    );
  }

  private async announce(): Promise<void> {
    await this.notifications.publish(TOPIC, '');
    await this.reload();
  }

  /** Calls that come while one is under way wait for one that begins after it: what it read may be older than they are. */
  private async reload(): Promise<void> {
    const before = this.loading;
    const after = (before ?? Promise.resolve()).catch(() => undefined).then(() => this.load());
    this.loading = after;
    await after.finally(() => {
      if (this.loading === after) this.loading = undefined;
    });
  }

  private async load(): Promise<void> {
    this.loadedAt = Date.now();
    const rows = await this.rows.find({ order: { createdAt: 'DESC' } });
    const current = rows.find((row) => row.privateKey !== null);
    this.verifying = new Map(rows.map((row) => [row.id, { ...row, publicKey: createPublicKey(row.publicKey) }]));
    if (current?.privateKey !== null && current !== undefined && this.signing?.id !== current.id) {
      const privateKey = createPrivateKey(this.cipher.decrypt(current.privateKey, privateKeyAddress(current.id)));
      this.signing = { id: current.id, privateKey, coversUntil: current.coversUntil };
    }
  }

  /** The newest key, once it is written down that it must be kept until `exp`. */
  private async keyFor(exp: number): Promise<{ id: string; privateKey: KeyObject }> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const key = this.signing;
      if (key === undefined) break;
      if (key.coversUntil.getTime() >= exp * 1000) return key;
      const until = coverageOf(exp);
      const { affected } = await this.rows
        .createQueryBuilder()
        .update()
        .set({ coversUntil: () => 'greatest(covers_until, :until)' })
        .where('id = :id and retired_at is null', { id: key.id })
        .setParameter('until', until)
        .execute();
      if (affected === 1) {
        key.coversUntil = until;
        return key;
      }
      await this.reload(); // another replica has rotated
    }
    throw new Error('there is no key to sign with');
  }
}

const privateKeyAddress = (id: string) => ({ table: 'signing_keys', id, field: 'private_key' });
