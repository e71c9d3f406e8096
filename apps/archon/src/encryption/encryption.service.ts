import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { countKeyUse, FieldCipher, rekey, type RekeyResult } from '#database';
import type { Logger } from '#log';
import { LOGGER } from '../logger.module.js';
import { ENCRYPTED_COLUMNS } from './encrypted-columns.js';
import type { EncryptionResponse, RekeyResponse } from './encryption.dto.js';

/** Which keys encrypt what is stored, and the rotation to the one that writes now. */
@Injectable()
export class EncryptionService {
  private last: RekeyResponse | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly cipher: FieldCipher,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async get(): Promise<EncryptionResponse> {
    const uses = await countKeyUse(this.database, ENCRYPTED_COLUMNS);
    const known = this.cipher.keyIds;
    const ids = [...new Set([...known, ...uses.map(({ keyId }) => keyId)])];
    const valuesOf = (id: string) => uses.filter(({ keyId }) => keyId === id).reduce((sum, { count }) => sum + count, 0);
    return {
      kind: 'Encryption',
      keys: ids.map((id) => ({ id, writes: id === known[0], values: valuesOf(id) })),
      uses,
      ...(this.last === undefined ? {} : { rekey: this.last }),
    };
  }

  /** Begins the rotation unless it is under way here; another replica may run one too, and one that was broken off is begun again. */
  async rekey(): Promise<EncryptionResponse> {
    if (this.last?.phase !== 'Running') {
      this.last = { phase: 'Running', rewritten: 0, failed: [] };
      void this.run();
    }
    return this.get();
  }

  private async run(): Promise<void> {
    try {
      const result = await rekey(this.database, this.cipher, ENCRYPTED_COLUMNS, (done) => (this.last = toResponse('Running', done)));
      this.last = toResponse(result.failed.length === 0 ? 'Succeeded' : 'Failed', result);
      this.logger.info({ rewritten: result.rewritten, failed: this.last.failed }, 'stored values are under the present key');
    } catch (error) {
      this.last = { phase: 'Failed', rewritten: this.last?.rewritten ?? 0, failed: [] };
      this.logger.error({ err: error }, 'the rotation of the encryption key was broken off');
    }
  }
}

const toResponse = (phase: RekeyResponse['phase'], { rewritten, failed }: RekeyResult): RekeyResponse => ({
  phase,
  rewritten,
  failed: failed.map(({ table, field, id }) => `${table}.${field} ${id}`),
});
