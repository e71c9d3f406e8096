import 'reflect-metadata'; // @peculiar/x509 resolves its algorithms through it
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

export interface CertificateRequest {
  commonName: string;
  /** Subject organizations; Kubernetes reads them as the groups of a client. */
  organizations?: string[];
  /** DNS names and IP addresses, told apart by their form. */
  sans?: string[];
  usages: ('server' | 'client')[];
  /** Lifetime; 365 when absent. Never longer than the authority's own. */
  days?: number;
}

export interface IssuedCertificate {
  certPem: string;
  /** PKCS #8. */
  keyPem: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Machines whose clocks differ a little must still accept a certificate of this moment. */
const CLOCK_SKEW_MS = 5 * 60_000;
const EXTENDED_USAGE = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };

/** A certificate authority (ECDSA P-256) that issues server and client certificates. Both PEM texts together are the authority. */
export class CertificateAuthority {
  private constructor(
    private readonly certificate: x509.X509Certificate,
    private readonly keys: { privateKey: CryptoKey; publicKey: CryptoKey },
    readonly certPem: string,
    readonly keyPem: string,
  ) {}

  /** A new self-signed authority, valid for ten years. */
  static async create(commonName: string): Promise<CertificateAuthority> {
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [commonName] }],
      ...validity(AUTHORITY_DAYS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CertificateAuthority(certificate, keys, certificate.toString('pem'), await toPem(keys.privateKey));
  }

  /** Reads an authority back from its PEM texts. Throws when they can't be read or don't belong together. */
  static async load(certPem: string, keyPem: string): Promise<CertificateAuthority> {
    const certificate = new x509.X509Certificate(certPem);
    const publicKey = await certificate.publicKey.export(ALGORITHM, ['verify']);
    const privateKey = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), ALGORITHM, true, ['sign']);
    const probe = new Uint8Array(32);
    const signature = await crypto.subtle.sign(ALGORITHM, privateKey, probe);
    if (!(await crypto.subtle.verify(ALGORITHM, publicKey, signature, probe)))
      throw new Error(`the private key doesn't belong to the certificate of ${certificate.subject}`);
    return new CertificateAuthority(certificate, { privateKey, publicKey }, certPem, keyPem);
  }

  /** A new key with its certificate. */
  async issue(request: CertificateRequest): Promise<IssuedCertificate> {
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const { notBefore, notAfter } = validity(request.days ?? 365);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: [...(request.organizations?.length ? [{ O: request.organizations }] : []), { CN: [request.commonName] }],
      issuer: this.certificate.subjectName,
      notBefore,
      notAfter: notAfter < this.certificate.notAfter ? notAfter : this.certificate.notAfter,
      publicKey: keys.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => EXTENDED_USAGE[usage])),
        await x509.AuthorityKeyIdentifierExtension.create(this.keys.publicKey),
        ...(request.sans?.length ? [new x509.SubjectAlternativeNameExtension(request.sans.map(toGeneralName))] : []),
      ],
    });
    return { certPem: certificate.toString('pem'), keyPem: await toPem(keys.privateKey) };
  }
}

function toGeneralName(san: string): x509.JsonGeneralName {
  return isIP(san) ? { type: 'ip', value: san } : { type: 'dns', value: san };
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - CLOCK_SKEW_MS), notAfter: new Date(now + days * DAY_MS) };
}

async function toPem(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}
