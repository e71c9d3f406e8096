import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readOwnClusters, toClusterName } from './own-clusters.js';

const folder = mkdtempSync(path.join(tmpdir(), 'archon-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true }));

function kubeconfig(name: string, contexts: string[]): string {
  const file = path.join(folder, name);
  writeFileSync(path.join(folder, 'ca.crt'), 'CA');
  writeFileSync(path.join(folder, 'token'), 'secret\n');
  const config = {
    clusters: [{ name: 'prod', cluster: { server: 'https://prod:6443', 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'me', user: { tokenFile: path.join(folder, 'token') } }],
    contexts: contexts.map((context) => ({ name: context, context: { cluster: 'prod', user: 'me' } })),
  };
  writeFileSync(file, stringify(config));
  return file;
}

describe('readOwnClusters', () => {
  it('gives every context, with the files that it names put inline', () => {
    const clusters = readOwnClusters(kubeconfig('two', ['me@prod', 'other']));
    expect(clusters.map(({ name, context }) => [name, context])).toEqual([
      ['me-prod', 'me@prod'],
      ['other', 'other'],
    ]);
    expect(parse(clusters[0]?.kubeconfig ?? '')).toMatchObject({
      clusters: [{ name: 'prod', cluster: { server: 'https://prod:6443', 'certificate-authority-data': 'Q0E=' } }],
      users: [{ name: 'me', user: { token: 'secret' } }],
    });
    expect(clusters[0]?.kubeconfig).not.toMatch(/certificate-authority:|tokenFile/);
  });

  it('refuses two contexts that would be one cluster', () => {
    expect(() => readOwnClusters(kubeconfig('twice', ['a@b', 'a-b']))).toThrow('both be registered as "a-b"');
  });

  it('refuses a file without contexts', () => {
    expect(() => readOwnClusters(kubeconfig('none', []))).toThrow('has no context');
  });
});

it.each([
  ['Admin@prod.example.com', 'admin-prod-example-com'],
  ['arn:aws:eks:eu-central-1:1234:cluster/prod', 'arn-aws-eks-eu-central-1-1234-cluster-prod'],
  ['--x--', 'x'],
  [`${'a'.repeat(62)}-b`, 'a'.repeat(62)],
])('the context %s becomes the cluster %s', (context, name) => {
  expect(toClusterName(context)).toBe(name);
});
