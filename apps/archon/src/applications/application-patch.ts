import jsonPatch, { type Operation } from 'fast-json-patch';
import { badRequest, invalid, unsupportedMediaType } from '#errors';
import { type KubernetesObject, mergePatch, parseApiVersion, parseJson } from '#kubernetes';

export const PATCH_MEDIA_TYPES = ['application/merge-patch+json', 'application/json-patch+json', 'application/apply-patch+yaml'];

/**
 * Applies a patch to an application written as one document (the Application with `spec.componentTemplates`).
 * Merge patch: RFC 7396. JSON patch: RFC 6902. Apply: the documents are merged in, components by kind and name; none is removed.
 * Throws 415 for another media type, 400 or 422 for a patch that does not fit.
 */
export function patchApplication(document: KubernetesObject, mediaType: string, documents: readonly unknown[]): unknown {
  const patch = documents[0];
  switch (mediaType) {
    case 'application/merge-patch+json':
      if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) throw badRequest('a merge patch must be a JSON object');
      return mergePatch(document, patch);
    case 'application/json-patch+json':
      return applyJsonPatch(document, patch);
    case 'application/apply-patch+yaml':
      return documents.reduce<unknown>(mergeDocument, document);
    default:
      throw unsupportedMediaType(mediaType, PATCH_MEDIA_TYPES);
  }
}

function applyJsonPatch(document: KubernetesObject, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations');
  // The library copies with JSON.parse, which would lose digits: it works on a copy of ours instead.
  const copy = parseJson(JSON.stringify(document));
  try {
    return jsonPatch.applyPatch(copy, patch as Operation[], true, true).newDocument;
  } catch (error) {
    const { name, index } = error as { name?: string; index?: number };
    if (!(error instanceof jsonPatch.JsonPatchError)) throw badRequest('the JSON patch is malformed');
    throw invalid('the patch', [{ field: `[${index ?? 0}]`, message: `does not fit the application: ${name ?? 'failed'}` }]);
  }
}

type Templates = { spec?: { componentTemplates?: KubernetesObject[] } };

function mergeDocument(document: unknown, patch: unknown): unknown {
  const { componentTemplates: current = [], ...spec } = (document as Templates).spec ?? {};
  const given = patch as KubernetesObject & Templates;
  const isHead = given?.kind === 'Application';
  const changes = isHead ? (given.spec?.componentTemplates ?? []) : [given];
  const { componentTemplates: _, ...givenSpec } = given.spec ?? {};
  const head = isHead
    ? (mergePatch({ ...(document as object), spec }, { ...given, spec: givenSpec }) as KubernetesObject)
    : { ...(document as KubernetesObject), spec };
  const merged = current.map((component) => changes.filter((change) => isSame(change, component)).reduce<unknown>(mergePatch, component));
  const added = changes.filter((change) => !current.some((component) => isSame(change, component)));
  return { ...head, spec: { ...(head.spec as object), componentTemplates: [...merged, ...added] } };
}

const isSame = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a?.kind === b.kind &&
  a.metadata?.name === b.metadata.name &&
  parseApiVersion(String(a.apiVersion)).group === parseApiVersion(b.apiVersion).group;
