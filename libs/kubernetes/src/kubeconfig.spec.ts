import { describe, expect, it } from 'vitest';
import { ApiError } from '#errors';
import { CertificateAuthority } from '#pki';
import { readKubeconfig } from './kubeconfig.js';

const { certPem, keyPem } = await CertificateAuthority.create('a cluster');
const other = await CertificateAuthority.create('another cluster');
const [data, key, otherKey] = [certPem, keyPem, other.keyPem].map((pem) => Buffer.from(pem).toString('base64'));
const hollow = Buffer.from('-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n').toString('base64');
const config = (cluster: object, user: object) => ({
  'current-context': 'here',
  contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
  users: [{ name: 'u', user }],
});

describe('readKubeconfig', () => {
  it('takes inline material only', () => {
    expect(readKubeconfig(config({ 'certificate-authority-data': data }, { token: 't' }), undefined, 'spec.kubeconfig')).toEqual({
      name: 'here',
      endpoint: 'https://127.0.0.1:6443',
      certificateAuthority: certPem,
      credential: { token: 't' },
    });
    const credential = { 'client-certificate-data': data, 'client-key-data': key };
    expect(readKubeconfig(config({}, credential), 'here', 'spec.kubeconfig').credential).toEqual({
      clientCertificate: certPem,
      clientKey: keyPem,
    });
  });

  it.each([
    [{}, { exec: { command: 'sh' } }, 'spec.kubeconfig.users[0].user.exec'],
    [{}, { 'auth-provider': {} }, 'spec.kubeconfig.users[0].user.auth-provider'],
    [{}, { tokenFile: '/etc/passwd' }, 'spec.kubeconfig.users[0].user.tokenFile'],
    [{}, { 'client-certificate': '/a', 'client-key-data': data }, 'spec.kubeconfig.users[0].user.client-certificate'],
    [{ 'proxy-url': 'http://x' }, { token: 't' }, 'spec.kubeconfig.clusters[0].cluster.proxy-url'],
    [{ 'insecure-skip-tls-verify': true }, { token: 't' }, 'spec.kubeconfig.clusters[0].cluster.insecure-skip-tls-verify'],
    [{ 'certificate-authority': '/ca' }, { token: 't' }, 'spec.kubeconfig.clusters[0].cluster.certificate-authority'],
    [{ 'certificate-authority-data': 'bm8=' }, { token: 't' }, 'spec.kubeconfig.clusters[0].cluster.certificate-authority-data'],
    [{ 'certificate-authority-data': hollow }, { token: 't' }, 'spec.kubeconfig.clusters[0].cluster.certificate-authority-data'],
    [{}, { 'client-certificate-data': data, 'client-key-data': data }, 'spec.kubeconfig.users[0].user.client-key-data'],
    [{}, { 'client-certificate-data': data, 'client-key-data': otherKey }, 'spec.kubeconfig.users[0].user.client-key-data'],
    [{}, { token: 'a\nb' }, 'spec.kubeconfig.users[0].user.token'],
    [{}, { username: 'a', password: 'b' }, 'spec.kubeconfig.users[0].user.username'],
    [{}, {}, 'spec.kubeconfig.users[0].user'],
  ])('refuses %j / %j and names the field', (cluster, user, field) => {
    let thrown: unknown;
    try {
      readKubeconfig(config(cluster, user), undefined, 'spec.kubeconfig');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ApiError);
    expect((thrown as ApiError).details?.causes?.map((cause) => cause.field)).toContain(field);
  });

  it.each([[undefined], ['text'], [{}], [{ 'current-context': 'nowhere', contexts: [] }]])('refuses %j', (document) =>
    expect(() => readKubeconfig(document, undefined, 'spec.kubeconfig')).toThrow(/kubeconfig/),
  );
});
