import type { KubernetesObject } from '#kubernetes';

/** A field that is left out of the index: of one resource (`nodes`, `rollouts.argoproj.io`), or of all (`*`). `*` in the path is any key or item. */
export interface OmittedField {
  resource: string;
  path: readonly string[];
}

/** In these, tools keep whole manifests: what was trimmed from the object would come in again. */
const MANIFEST_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'banzaicloud.com/last-applied',
  'kapp.k14s.io/original',
  'kapp.k14s.io/original-diff',
  'kopf.zalando.org/last-handled-configuration',
  'objectset.rio.cattle.io/applied',
];

/** Annotations of Secrets that say what a Secret is for; any other may repeat what is in it. */
const SECRET_ANNOTATIONS = /^([a-z0-9-]+\.)*(kubernetes|k8s)\.io\//;

/** Whom the rules and bindings of these let in is what decides on the rows of every list: they are kept as they are. */
const RBAC = '.rbac.authorization.k8s.io';

/** What the index keeps of an object: nothing of who wrote which field, and no value of a Secret or a ConfigMap, only their keys. */
export function trimmedObject(object: KubernetesObject, resource: string, omitted: readonly OmittedField[]): KubernetesObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  const isSecret = resource === 'secrets';
  const kept = annotations === undefined ? undefined : trimmedAnnotations(annotations, isSecret);
  let trimmed: KubernetesObject = { ...object, metadata: { ...metadata, ...(kept === undefined ? {} : { annotations: kept }) } };
  if (isSecret || resource === 'configmaps')
    for (const field of ['data', 'stringData', 'binaryData']) if (field in trimmed) trimmed[field] = keysOnly(trimmed[field]);
  if (resource.endsWith(RBAC)) return trimmed;
  for (const field of omitted)
    if (field.resource === '*' || field.resource === resource) trimmed = without(trimmed, field.path) as KubernetesObject;
  return trimmed;
}

function trimmedAnnotations(annotations: Record<string, string>, isSecret: boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations)
      .filter(([key]) => !MANIFEST_ANNOTATIONS.includes(key))
      .map(([key, value]) => [key, isSecret && !SECRET_ANNOTATIONS.test(key) ? '' : value]),
  );
}

const keysOnly = (data: unknown): unknown => (isRecord(data) ? Object.fromEntries(Object.keys(data).map((key) => [key, null])) : null);

/** A copy without what stands at the path; the same value when nothing stands there. */
function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const isMeant = (index: number) => key === '*' || key === String(index);
    return rest.length === 0
      ? items.filter((_, index) => !isMeant(index))
      : items.map((item, index) => (isMeant(index) ? without(item, rest) : item));
  }
  const entries = Object.entries(value);
  if (key !== '*' && !(key in value)) return value;
  const isMeant = (name: string) => key === '*' || key === name;
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([name]) => !isMeant(name))
      : entries.map(([name, inner]) => [name, isMeant(name) ? without(inner, rest) : inner]),
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
