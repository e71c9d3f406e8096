import { declaredConfiguration, findWorkloadKind, type KubernetesObject, parseApiVersion, valueAt, withoutServerFields } from '#kubernetes';
import { trimmedObject } from '../../index/trimmed-object.js';

/** In this kubectl keeps the whole manifest that it applied last. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** An object of a version, without its contents. */
export interface ManifestName {
  group: string;
  kind: string;
  name: string;
}

export const isSecret = ({ group, kind }: Pick<ManifestName, 'group' | 'kind'>): boolean => group === '' && kind === 'Secret';

/** How an object is called in lists of a version. */
export const nameOf = ({ apiVersion, kind, metadata }: KubernetesObject): ManifestName => ({
  group: parseApiVersion(apiVersion).group,
  kind,
  name: metadata.name ?? '',
});

/**
 * What a version keeps of an object: what was asked of it, by whomever, so that applying it again brings it back. Nothing that belongs to one
 * stay in a cluster: no status, no server-set metadata, no mark of an operation, no reference to its Application, which has a UID.
 */
export function manifestOf(object: KubernetesObject, domain: string): KubernetesObject {
  const { status: _, metadata: declared, ...rest } = declaredConfiguration(object) ?? withoutServerFields(object);
  const { annotations = {}, ownerReferences = [], ...metadata } = declared;
  const { [`app.${domain}/operation`]: _operation, [LAST_APPLIED]: _lastApplied, ...kept } = annotations;
  const owners = ownerReferences.filter(
    ({ apiVersion, kind }) => kind !== 'Application' || parseApiVersion(apiVersion).group !== 'app.k8s.io',
  );
  return {
    ...rest,
    metadata: {
      ...metadata,
      ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
      ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    },
  };
}

/** A manifest as it may be shown: of a Secret the keys, no value. */
export const shownManifest = (manifest: KubernetesObject): KubernetesObject =>
  isSecret(nameOf(manifest)) ? trimmedObject(manifest, 'secrets', []) : manifest;

/** The images of all containers, each once, in order. A digest is part of one where the manifest names it by digest. */
export function imagesOf(manifests: readonly KubernetesObject[]): string[] {
  const images = manifests.flatMap((manifest) => {
    const { group, kind } = nameOf(manifest);
    const workload = findWorkloadKind(group, kind);
    if (workload === undefined) return [];
    return ['initContainers', 'containers'].flatMap((list) => {
      const containers = valueAt(manifest, [...workload.podTemplate, 'spec', list]);
      return Array.isArray(containers) ? containers.map((container) => valueAt(container, ['image'])) : [];
    });
  });
  return [...new Set(images.filter((image) => typeof image === 'string'))].sort();
}
