/** How old what a client has encrypted may be, and how far its clock may be ahead. */
const FRESH_SECONDS = 300;

/** Length of an RSA-2048 ciphertext in base64. No password is so long: which of the two a text is can't be mistaken. */
const CIPHERTEXT = /^[A-Za-z0-9+/]{342}==$/;

export const isEncryptedPassword = (text: string): boolean => CIPHERTEXT.test(text);

/**
 * The password in what official clients encrypt: `{"ts": <seconds since 1970, as `/auth/v1/pubkey` gave it>, "password": <text>}`.
 * Undefined when it is anything else, or not fresh.
 */
export function readSentPassword(text: string, nowSeconds: number): string | undefined {
  const sent = parse(text);
  if (typeof sent !== 'object' || sent === null || !('ts' in sent) || !('password' in sent)) return undefined;
  const { ts, password } = sent;
  if ((typeof ts !== 'string' && typeof ts !== 'number') || typeof password !== 'string') return undefined;
  return Math.abs(nowSeconds - Number(ts)) <= FRESH_SECONDS ? password : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what was encrypted with another key
  }
}
