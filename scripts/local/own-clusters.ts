import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { RegisteredCluster } from './registration.js';

type Fields = Record<string, unknown>;

interface Kubeconfig {
  clusters?: { name: string; cluster: Fields }[];
  users?: { name: string; user: Fields }[];
  contexts?: { name: string; context: { cluster: string; user: string } }[];
}

const FILES = ['certificate-authority', 'client-certificate', 'client-key'];

/**
 * Every context of the user's own kubeconfig as a cluster to register, named after the context. Files that it refers to are read
 * here and put inline, as Archon takes only inline credentials. Throws when the file has no context or two give the same name.
 */
export function readOwnClusters(file: string): RegisteredCluster[] {
  const config = parse(readFileSync(file, 'utf8')) as Kubeconfig | null;
  const contexts = config?.contexts ?? [];
  if (contexts.length === 0) throw new Error(`${file} has no context`);
  const folder = path.dirname(file);
  const kubeconfig = stringify({
    ...config,
    clusters: config?.clusters?.map(({ name, cluster }) => ({ name, cluster: inline(cluster, folder) })),
    users: config?.users?.map(({ name, user }) => ({ name, user: inline(user, folder) })),
  });
  const names = contexts.map(({ name }) => toClusterName(name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two contexts of ${file} would both be registered as "${twice}": rename one`);
  return contexts.map(({ name: context }) => ({ name: toClusterName(context), displayName: context, kubeconfig, context }));
}

/** A context's name as a DNS label: `Admin@prod.example.com` → `admin-prod-example-com`. */
export function toClusterName(context: string): string {
  const label = context
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  if (label === '') throw new Error(`no cluster name can be made of the context "${context}": rename it`);
  return label;
}

function inline(fields: Fields, folder: string): Fields {
  const result = { ...fields };
  for (const field of FILES) {
    const file = result[field];
    if (typeof file !== 'string') continue;
    result[`${field}-data`] = readFileSync(path.resolve(folder, file)).toString('base64');
    delete result[field];
  }
  if (typeof result.tokenFile === 'string') {
    result.token = readFileSync(path.resolve(folder, result.tokenFile), 'utf8').trim();
    delete result.tokenFile;
  }
  return result;
}
