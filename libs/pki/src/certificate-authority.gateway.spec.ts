import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from './index.js';

let authority: CertificateAuthority;
let serving: IssuedCertificate;

beforeAll(async () => {
  authority = await CertificateAuthority.create('lab');
  serving = await authority.issue({ commonName: 'server', sans: ['127.0.0.1', 'api.example.test'], usages: ['server'] });
});

/** One mutually authenticated handshake; answers the client's subject as the server saw it. */
async function handshake(trusted: string, servername: string, client: IssuedCertificate): Promise<{ subject: unknown }> {
  const server = createServer({
    cert: serving.certPem,
    key: serving.keyPem,
    ca: authority.certPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('tlsClientError', () => undefined); // the client's side carries the failure
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: trusted,
    cert: client.certPem,
    key: client.keyPem,
    ...(servername ? { servername } : {}),
  });
  try {
    await once(socket, 'secureConnect');
    const [peer] = await accepted;
    return { subject: { ...peer.getPeerCertificate().subject } };
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('CertificateAuthority', () => {
  it('issues certificates with which a server and a client trust each other, by address and by name', async () => {
    const client = await authority.issue({ commonName: 'jane', organizations: ['system:masters', 'dev'], usages: ['client'] });
    expect(await handshake(authority.certPem, '', client)).toEqual({ subject: { O: ['system:masters', 'dev'], CN: 'jane' } });
    expect(await handshake(authority.certPem, 'api.example.test', client)).toMatchObject({ subject: { CN: 'jane' } });
  });

  it('is refused for a name that the certificate lacks, and by a client that trusts another authority', async () => {
    const client = await authority.issue({ commonName: 'jane', usages: ['client'] });
    await expect(handshake(authority.certPem, 'other.example.test', client)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    const stranger = await CertificateAuthority.create('stranger');
    await expect(handshake(stranger.certPem, '', client)).rejects.toThrow(/certificate/);
  });

  it('goes on issuing after it was loaded from its PEM texts', async () => {
    const loaded = await CertificateAuthority.load(authority.certPem, authority.keyPem);
    const client = await loaded.issue({ commonName: 'john', usages: ['client'] });
    expect(await handshake(authority.certPem, '', client)).toEqual({ subject: { CN: 'john' } });
  });

  it('refuses a key that belongs to another authority', async () => {
    const stranger = await CertificateAuthority.create('stranger');
    await expect(CertificateAuthority.load(authority.certPem, stranger.keyPem)).rejects.toThrow(/doesn't belong/);
  });

  it('never lets a certificate outlive the authority', async () => {
    const { certPem } = await authority.issue({ commonName: 'x', usages: ['client'], days: 100_000 });
    expect(new X509Certificate(certPem).validToDate).toEqual(new X509Certificate(authority.certPem).validToDate);
  });
});
