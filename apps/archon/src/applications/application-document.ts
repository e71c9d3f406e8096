import { badRequest, invalid } from '#errors';
import { type KubernetesObject, parseApiVersion } from '#kubernetes';
import { checkObjects, expandList, isMapping, type Located } from '../manifests/manifest-objects.js';

const APPLICATION_GROUP = 'app.k8s.io';
export const APPLICATION_API_VERSION = 'app.k8s.io/v1beta1';
/** What errors call an application as a whole. */
export const WHOLE = 'the application';
/** Name and namespace of an application are joined in the value of a label. */
const MAX_LABEL_VALUE = 63;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** An application as a caller describes it: the Application object, and the objects that it is made of. */
export interface ApplicationDocument {
  application: KubernetesObject;
  /** Undefined when the caller said nothing of components; an empty list says that there are none. */
  components: KubernetesObject[] | undefined;
}

interface Place {
  namespace: string;
  /** The name in the URL; undefined on creation. */
  name: string | undefined;
}

/**
 * Reads an application from the documents of a request: one Application with `spec.componentTemplates[]`, or an Application and its
 * components as documents of their own, or components alone, whose application is called `fallbackName`. Lists are taken apart.
 * Throws 400 where kind, name or namespace disagree with the URL, 422 where the content is at fault, each cause with its field.
 */
export function readApplicationDocument(documents: readonly unknown[], place: Place, fallbackName?: string): ApplicationDocument {
  if (documents.length === 0) throw badRequest('the request has no body: send an Application, or a YAML of its components');
  const located = documents.flatMap((value, index) => expandList({ value, path: documents.length === 1 ? '' : `documents[${index}]` }));
  const heads = located.filter(({ value }) => isApplication(value));
  if (heads.length > 1) throw badRequest('the request holds more than one Application: send them one by one');
  const others = located.filter(({ value }) => !isApplication(value));
  const head = heads[0]?.value ?? headOf(others, fallbackName);
  const application = checkHead(head, place);
  const { componentTemplates, ...spec } = (application.spec ?? {}) as Record<string, unknown>;
  if (componentTemplates !== undefined && !Array.isArray(componentTemplates))
    throw invalid(WHOLE, [{ field: 'spec.componentTemplates', message: 'must be a list of Kubernetes objects' }]);
  const templates = (componentTemplates ?? []).flatMap((value, index) =>
    expandList({ value: value as unknown, path: `spec.componentTemplates[${index}]` }),
  );
  const components = [...templates, ...others];
  return {
    application: { ...application, spec },
    components: componentTemplates === undefined && others.length === 0 ? undefined : checkComponents(components, place.namespace),
  };
}

function headOf(components: Located[], fallbackName: string | undefined): unknown {
  const looksLikeOne = components.length === 1 && components[0]?.path === '';
  if (fallbackName === undefined)
    throw badRequest(
      looksLikeOne
        ? 'the object must be an Application of app.k8s.io/v1beta1; to make one from this object, name it: ?name='
        : 'none of the documents is an Application of app.k8s.io/v1beta1: add one, or name the application: ?name=',
    );
  return { apiVersion: APPLICATION_API_VERSION, kind: 'Application', metadata: { name: fallbackName } };
}

function checkHead(head: unknown, { namespace, name }: Place): KubernetesObject {
  const application = head as Partial<KubernetesObject>;
  if (application.apiVersion !== APPLICATION_API_VERSION) throw badRequest(`apiVersion must be ${APPLICATION_API_VERSION}`);
  const metadata = application.metadata ?? {};
  if (name !== undefined && metadata.name !== undefined && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  if (metadata.namespace !== undefined && metadata.namespace !== namespace)
    throw badRequest(`the namespace of the object (${metadata.namespace}) does not match the namespace on the URL (${namespace})`);
  if (application.spec !== undefined && !isMapping(application.spec))
    throw invalid(WHOLE, [{ field: 'spec', message: 'must be an object' }]);
  const chosen = name ?? metadata.name;
  if (typeof chosen !== 'string' || !DNS_LABEL.test(chosen))
    throw invalid(WHOLE, [
      {
        field: 'metadata.name',
        message: 'is required and must consist of lower-case letters, digits and "-", and begin and end with a letter or digit',
      },
    ]);
  if (`${chosen}.${namespace}`.length > MAX_LABEL_VALUE)
    throw invalid(WHOLE, [
      { field: 'metadata.name', message: `together with the namespace must have at most ${MAX_LABEL_VALUE - 1} characters` },
    ]);
  return { ...application, metadata: { ...metadata, name: chosen, namespace } } as KubernetesObject;
}

function checkComponents(components: Located[], namespace: string): KubernetesObject[] {
  const objects = checkObjects(components, {
    whole: WHOLE,
    field: 'spec.componentTemplates',
    namespace,
    faultsOf: ({ apiVersion, metadata }, at) => {
      if (parseApiVersion(apiVersion).group === APPLICATION_GROUP)
        return [{ field: at('kind'), message: 'must not be of app.k8s.io: an application is not made of applications' }];
      if (metadata.namespace === undefined || metadata.namespace === namespace) return [];
      return [{ field: at('metadata.namespace'), message: `must be "${namespace}" or absent: an application lives in one namespace` }];
    },
  });
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
}

const isApplication = (value: unknown): boolean =>
  isMapping(value) &&
  value.kind === 'Application' &&
  (typeof value.apiVersion !== 'string' || parseApiVersion(value.apiVersion).group === APPLICATION_GROUP);
