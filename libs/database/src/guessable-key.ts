/** Of 32 random bytes 30 are different on average; fewer than this happens once in 10^17 keys. */
const MIN_DIFFERENT = 16;

/**
 * Whether 32 bytes are no secret but something that somebody typed or copied: one byte repeated, a pattern, counted bytes, or readable
 * text (which random bytes are once in 10^13 keys).
 */
export function isGuessableKey(bytes: Uint8Array): boolean {
  const steps = new Set(bytes.subarray(1).map((byte, index) => byte - (bytes[index] ?? 0)));
  const isText = bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
  return isText || steps.size === 1 || new Set(bytes).size < MIN_DIFFERENT;
}
