import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, describeSettings, loadConfig } from './load-config.js';

describe('loadConfig', () => {
  it('gives every setting its default in an empty environment', () => {
    const config = loadConfig({ PATH: '/bin' });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8443,
      tls: 'generated',
      databaseUrl: undefined,
      tlsNames: ['localhost', '127.0.0.1'],
    });
  });

  it('reports all faults at once, each with its variable and the remedy', () => {
    const load = () => loadConfig({ ARCHON_PORT: 'http', ARCHON_TLS: 'on', ARCHON_PROT: '1' });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(
      /ARCHON_PORT must be a whole number.*\nARCHON_TLS must be one of generated, files, off\nARCHON_PROT is not a setting/,
    );
  });

  it('wants both files when the certificate comes from files', () => {
    expect(() => loadConfig({ ARCHON_TLS: 'files', ARCHON_TLS_CERT_FILE: 'a.pem' })).toThrow('ARCHON_TLS_KEY_FILE');
  });

  it('reads which resources and fields the index follows', () => {
    const config = loadConfig({
      ARCHON_INDEX_KINDS: 'pods, deployments.apps',
      ARCHON_INDEX_OMIT: 'nodes:/status/images,*:/metadata/labels/a~1b',
    });
    expect(config.indexKinds).toEqual([
      { group: '', resource: 'pods' },
      { group: 'apps', resource: 'deployments' },
    ]);
    expect(config.indexOmit).toEqual([
      { resource: 'nodes', path: ['status', 'images'] },
      { resource: '*', path: ['metadata', 'labels', 'a/b'] },
    ]);
  });

  it.each([
    ['ARCHON_INDEX_KINDS', 'Pods', /"Pods" is none/],
    ['ARCHON_INDEX_OMIT', 'nodes', /"nodes" is none/],
    ['ARCHON_INDEX_OMIT', 'nodes:status', /"nodes:status" is none/],
    ['ARCHON_INDEX_OMIT', '*:/metadata/uid', /nothing else of metadata/],
    ['ARCHON_INDEX_OMIT', '*:/metadata', /nothing else of metadata/],
  ])('%s=%s', (variable, value, fault) => {
    expect(() => loadConfig({ [variable]: value })).toThrow(fault);
  });

  it('refuses an environment in which Node verifies no certificates', () => {
    expect(() => loadConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow('NODE_TLS_REJECT_UNAUTHORIZED');
    expect(loadConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '1' }).port).toBe(8443);
  });

  it('never prints the database URL', () => {
    const config = loadConfig({ ARCHON_DATABASE_URL: 'postgres://archon:CANARY@db/archon' });
    expect(`${String(config.databaseUrl)} ${JSON.stringify(config)} ${inspect(config, { depth: 9, showHidden: true })}`).not.toContain(
      'CANARY',
    );
    expect(config.databaseUrl?.reveal()).toContain('CANARY');
  });

  it('documents each setting in a table', () => {
    expect(describeSettings()).toContain('| `ARCHON_PORT` | `8443` | port to listen on; 0 takes a free one |');
  });
});
