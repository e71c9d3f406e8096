import { createPrivateKey, X509Certificate } from 'node:crypto';

/** Base64 of a certificate (or a bundle that begins with one) in PEM → PEM; undefined when it is not. */
export function decodeCertificate(base64: string): string | undefined {
  return decodePem(base64, (pem) => new X509Certificate(pem));
}

/** Base64 of an unencrypted private key in PEM → PEM; undefined when it is not. */
export function decodePrivateKey(base64: string): string | undefined {
  return decodePem(base64, createPrivateKey);
}

/** Whether a private key is the one of a certificate, both in PEM that can be read. */
export const isKeyOf = (certificatePem: string, keyPem: string): boolean =>
  new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));

/** Whether a bearer token can be sent as it is: no blank, nothing that would begin another header. */
export const isBearerToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

function decodePem(base64: string, read: (pem: string) => unknown): string | undefined {
  const pem = Buffer.from(base64, 'base64').toString('utf8');
  if (!pem.includes('-----BEGIN ')) return undefined;
  try {
    read(pem);
    return pem;
  } catch {
    return undefined; // the marks of PEM around something else
  }
}
