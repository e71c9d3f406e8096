import { badRequest, invalid, type StatusCause } from '#errors';
import { describeObject, isPathSegment, type KubernetesObject, parseApiVersion } from '#kubernetes';

const APPLICATION_GROUP = 'app.k8s.io';
export const APPLICATION_API_VERSION = 'app.k8s.io/v1beta1';
const MAX_COMPONENTS = 100;
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

/** A value of the body with the path under which errors name it. */
interface Located {
  value: unknown;
  path: string;
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
    throw invalid('the application', [{ field: 'spec.componentTemplates', message: 'must be a list of Kubernetes objects' }]);
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
    throw invalid('the application', [{ field: 'spec', message: 'must be an object' }]);
  const chosen = name ?? metadata.name;
  if (typeof chosen !== 'string' || !DNS_LABEL.test(chosen))
    throw invalid('the application', [
      {
        field: 'metadata.name',
        message: 'is required and must consist of lower-case letters, digits and "-", and begin and end with a letter or digit',
      },
    ]);
  if (`${chosen}.${namespace}`.length > MAX_LABEL_VALUE)
    throw invalid('the application', [
      { field: 'metadata.name', message: `together with the namespace must have at most ${MAX_LABEL_VALUE - 1} characters` },
    ]);
  return { ...application, metadata: { ...metadata, name: chosen, namespace } } as KubernetesObject;
}

function checkComponents(components: Located[], namespace: string): KubernetesObject[] {
  if (components.length > MAX_COMPONENTS)
    throw invalid('the application', [
      { field: 'spec.componentTemplates', message: `has ${components.length} objects; an application may have at most ${MAX_COMPONENTS}` },
    ]);
  const causes: StatusCause[] = [];
  const seen = new Map<string, string>();
  for (const component of components) causes.push(...faultsOf(component, namespace, seen));
  if (causes.length > 0) throw invalid('the application', causes);
  return components.map(({ value }) => {
    const object = value as KubernetesObject;
    return { ...object, metadata: { ...object.metadata, namespace } };
  });
}

function faultsOf({ value, path }: Located, namespace: string, seen: Map<string, string>): StatusCause[] {
  if (!isMapping(value)) return [{ field: path, message: 'must be a Kubernetes object' }];
  const fault = (field: string, message: string) => ({ field: path === '' ? field : `${path}.${field}`, message });
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') return [fault('apiVersion', 'is required')];
  if (typeof kind !== 'string' || kind === '') return [fault('kind', 'is required')];
  if (parseApiVersion(apiVersion).group === APPLICATION_GROUP)
    return [fault('kind', 'must not be of app.k8s.io: an application is not made of applications')];
  if (!isMapping(metadata)) return [fault('metadata', 'is required')];
  const { name } = metadata;
  if (typeof name !== 'string' || !isPathSegment(name))
    return [fault('metadata.name', 'is required and must be a valid name; generateName cannot be used here')];
  const causes: StatusCause[] = [];
  if (metadata.namespace !== undefined && metadata.namespace !== namespace)
    causes.push(fault('metadata.namespace', `must be "${namespace}" or absent: an application lives in one namespace`));
  for (const field of ['labels', 'annotations'])
    if (metadata[field] !== undefined && metadata[field] !== null && !isMapping(metadata[field]))
      causes.push(fault(`metadata.${field}`, 'must be a map of texts'));
  const key = `${parseApiVersion(apiVersion).group}/${kind}/${name}`;
  const first = seen.get(key);
  if (first !== undefined)
    causes.push({
      ...fault('metadata.name', `is the second ${describeObject({ apiVersion, kind, metadata: { name } })}; the first is ${first}`),
      reason: 'FieldValueDuplicate',
    });
  else seen.set(key, path === '' ? 'the object itself' : path);
  return causes;
}

function expandList({ value, path }: Located): Located[] {
  if (!isMapping(value) || value.kind !== 'List' || !Array.isArray(value.items)) return [{ value, path }];
  return value.items.map((item, index) => ({ value: item as unknown, path: `${path === '' ? '' : `${path}.`}items[${index}]` }));
}

const isApplication = (value: unknown): boolean =>
  isMapping(value) &&
  value.kind === 'Application' &&
  (typeof value.apiVersion !== 'string' || parseApiVersion(value.apiVersion).group === APPLICATION_GROUP);

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
