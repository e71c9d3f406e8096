import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CertificateAuthority } from '#pki';
import type { Config } from '#config';

export interface ServerTls {
  cert: string;
  key: string;
  /** PEM of the CA that clients must trust; undefined with a certificate from files. */
  certificateAuthority: string | undefined;
}

/**
 * The certificate of the HTTPS edge. `generated`: a CA of our own in `<state>/tls` (made once, kept), which issues a certificate at each
 * start, so that a changed list of names takes effect. Undefined with `ARCHON_TLS=off`.
 */
export async function loadServerTls(config: Config): Promise<ServerTls | undefined> {
  if (config.tls === 'off') return undefined;
  if (config.tlsCertFile !== undefined && config.tlsKeyFile !== undefined && config.tls === 'files')
    return {
      cert: await readFile(config.tlsCertFile, 'utf8'),
      key: await readFile(config.tlsKeyFile, 'utf8'),
      certificateAuthority: undefined,
    };
  const authority = await loadOrCreateAuthority(path.join(config.stateDir, 'tls'));
  const { certPem, keyPem } = await authority.issue({ commonName: 'archon', sans: config.tlsNames, usages: ['server'], days: 397 });
  return { cert: certPem, key: keyPem, certificateAuthority: authority.certPem };
}

async function loadOrCreateAuthority(folder: string): Promise<CertificateAuthority> {
  const [certFile, keyFile] = [path.join(folder, 'ca.crt'), path.join(folder, 'ca.key')];
  try {
    return await CertificateAuthority.load(await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const authority = await CertificateAuthority.create('Archon CA');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The certificate is put in place last: an interrupted start leaves none, and both are made anew.
  await writeFile(keyFile, authority.keyPem, { mode: 0o600 });
  await writeFile(`${certFile}.new`, authority.certPem, { mode: 0o644 });
  await rename(`${certFile}.new`, certFile);
  return authority;
}
