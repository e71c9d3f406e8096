import { badRequest, type StatusCause } from '#errors';
import { describeObject, type KubernetesObject, parseApiVersion, type ResourceType, withoutServerFields } from '#kubernetes';
import { checkObjects, expandList, fieldOf, isMapping, type Located } from '../manifests/manifest-objects.js';

/** What errors call the objects of one request together. */
export const WHOLE = 'the request';

/** An object that is to be created. */
export interface ListedObject {
  object: KubernetesObject;
  /** Where it stands in the body: `[2]`. */
  path: string;
  /** `[2] Secret "token"`, for errors. */
  subject: string;
}

/**
 * Reads the objects that a request lists. Lists are taken apart; what a server fills in (status, uid, resourceVersion …) is left out, so that
 * what was read from one cluster can be created on another. Throws 400 where something is no object, 422 where objects are at fault.
 */
export function readListedObjects(documents: readonly unknown[]): ListedObject[] {
  const located = documents.flatMap((value, index) => expandList({ value, path: isOnlyList(documents) ? '' : `[${index}]` }));
  if (located.length === 0) throw badRequest('the request holds no objects: send an array of Kubernetes objects');
  const strange = located.filter(({ value }) => !isMapping(value));
  if (strange.length > 0)
    throw badRequest(
      `the body must hold nothing but Kubernetes objects: see ${strange.map(({ path }) => path).join(', ')}`,
      strange.map(({ path: field }) => ({ field, message: 'must be a Kubernetes object' })),
    );
  const made = namespacesIn(located);
  const objects = checkObjects(located, {
    whole: WHOLE,
    field: 'items',
    faultsOf: ({ metadata }, at) => {
      const first = made.get(metadata.namespace);
      if (first === undefined) return [];
      const message = `"${metadata.namespace}" does not exist before ${first} is created: create the namespace first, in a request of its own`;
      return [{ field: at('metadata.namespace'), message }];
    },
  });
  return objects.map((object, index) => {
    const path = located[index]?.path ?? '';
    return { object: withoutServerFields(object), path, subject: `${path} ${describeObject(object)}` };
  });
}

/** What is wrong with an object for its kind, where the cluster itself would say less, or too late. */
export function faultForType({ namespaced, verbs, kind }: ResourceType, { object, path }: ListedObject): StatusCause | undefined {
  const { namespace } = object.metadata;
  // What is only answered (reviews), or can't be deleted, could not be taken back.
  if (!['create', 'get', 'delete'].every((verb) => verbs.includes(verb)))
    return { field: fieldOf(path, 'kind'), message: `${kind} can't be created here: the cluster does not keep objects of this kind` };
  if (namespaced && namespace === undefined)
    return { field: fieldOf(path, 'metadata.namespace'), message: `is required: a ${kind} is part of a namespace` };
  if (!namespaced && namespace !== undefined)
    return { field: fieldOf(path, 'metadata.namespace'), message: `must be absent: a ${kind} is not part of a namespace` };
  return undefined;
}

const isOnlyList = (documents: readonly unknown[]): boolean =>
  documents.length === 1 && isMapping(documents[0]) && documents[0].kind === 'List';

/** The names of the namespaces that are created themselves, each with where it stands. */
function namespacesIn(located: readonly Located[]): Map<unknown, string> {
  return new Map(
    located.flatMap(({ value, path }) => {
      if (!isMapping(value) || value.kind !== 'Namespace' || !isMapping(value.metadata)) return [];
      const isCore = typeof value.apiVersion === 'string' && parseApiVersion(value.apiVersion).group === '';
      return isCore && typeof value.metadata.name === 'string' ? [[value.metadata.name, path] as const] : [];
    }),
  );
}
