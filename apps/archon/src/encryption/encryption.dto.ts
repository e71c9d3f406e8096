export class KeyUseResponse {
  /** @example "clusters" */
  table: string;
  /** @example "credential" */
  field: string;
  /** @example "1f0c2a9b" */
  keyId: string;
  /**
   * Form of the values; `v2` is the present one
   * @example "v2"
   */
  version: string;
  /** @example 12 */
  count: number;
}

export class EncryptionKeyResponse {
  /** @example "1f0c2a9b" */
  id: string;
  /** True for the key that encrypts what is written now */
  writes: boolean;
  /**
   * Values that only this key can read; a key that doesn't write and has none may leave the key file
   * @example 13
   */
  values: number;
}

export class RekeyResponse {
  /** @example "Succeeded" */
  phase: 'Running' | 'Succeeded' | 'Failed';
  /** @example 13 */
  rewritten: number;
  /** Values that no known key can read, as `table.field id`; they stay as they are */
  failed: string[];
}

export class EncryptionResponse {
  /** @example "Encryption" */
  kind: string;
  keys: EncryptionKeyResponse[];
  uses: KeyUseResponse[];
  /** The last rotation that the replica which answers has begun */
  rekey?: RekeyResponse;
}
