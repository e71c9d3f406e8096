import { createHmac, createPrivateKey, type KeyObject } from 'node:crypto';
import path from 'node:path';
import { FieldCipher } from '#database';
import type { Archon } from './archon.js';

/** What only Archon itself should know: with it a test makes tokens that are wrong in nothing but the point in question. */
export class TokenSecrets {
  private constructor(
    private readonly archon: Archon,
    private readonly pepper: Buffer,
    readonly kid: string,
    readonly privateKey: KeyObject,
    /** PEM text, as everybody can have it from the key set. */
    readonly publicKey: string,
  ) {}

  /** Reads the database of an Archon with the key from its state folder. */
  static async of(archon: Archon): Promise<TokenSecrets> {
    const cipher = await FieldCipher.load(path.join(archon.state, 'keys', 'encryption.key'));
    const [key] = await archon.database.query<{ id: string; private_key: string; public_key: string }>(
      'select * from signing_keys where retired_at is null',
    );
    const [pepper] = await archon.database.query<{ id: string; secret: string }>('select * from token_peppers');
    if (key === undefined || pepper === undefined) throw new Error('the database holds no signing key or no secret');
    const pem = cipher.decrypt(key.private_key, { table: 'signing_keys', id: key.id, field: 'private_key' });
    const secret = cipher.decrypt(pepper.secret, { table: 'token_peppers', id: pepper.id, field: 'secret' });
    return new TokenSecrets(archon, Buffer.from(secret, 'base64'), key.id, createPrivateKey(pem), key.public_key);
  }

  /** Makes the database know a token, as the administrator's, so that nothing but a fault of the token itself can be what refuses it. */
  async store(token: string, id: string, expiresInSeconds = 600): Promise<void> {
    const hash = createHmac('sha256', this.pepper).update(token).digest();
    await this.archon.database.query(
      `insert into access_tokens (id, user_name, description, hash, created_by, created_at, expires_at)
       values ($1, 'admin', 'forged', $2, 'test', now(), now() + $3 * interval '1 s')
       on conflict (id) do update set hash = excluded.hash, expires_at = excluded.expires_at`,
      [id, hash, expiresInSeconds],
    );
  }
}
