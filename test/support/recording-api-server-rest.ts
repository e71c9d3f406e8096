import { randomBytes } from 'node:crypto';
import type { KubernetesObject } from '#kubernetes';
import { type Answer, StatusError, toAnswer } from './recording-api-server-answer.js';
import { APPLY_PATCH, mediaType, parseObject, patched } from './recording-api-server-patch.js';
import type { RecordedRequest } from './recording-api-server-record.js';
import {
  definitionOf,
  qualifiedName,
  type ResourceDefinition,
  type ResourceTypes,
  toApiVersion,
  toStoreKey,
} from './recording-api-server-resources.js';
import { toFilter } from './recording-api-server-selectors.js';
import type { ObjectStore } from './recording-api-server-store.js';

/** What a request path names. */
export interface ResourceTarget {
  type: ResourceDefinition;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

interface Page {
  items: KubernetesObject[];
  revision: number;
}

const NAMESPACES = '/namespaces';
const CUSTOM_RESOURCE_DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';

/** Get, list, create, replace, patch, apply and delete on a store, with the Status answers of a kube-apiserver. */
export class RestApi {
  /** What is left of lists that were read in part. As on a real cluster, all pages show the moment of the first. */
  private pages = new Map<string, Page>();

  constructor(
    private readonly store: ObjectStore,
    private readonly types: ResourceTypes,
  ) {}

  /** Answers or throws a StatusError. */
  handle(request: RecordedRequest, target: ResourceTarget): Answer {
    const { name, subresource } = target;
    if (subresource !== undefined && subresource !== 'status')
      throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
    if (name === undefined) {
      if (request.method === 'GET') return toAnswer(200, this.list(request.query, target));
      if (request.method === 'POST') return toAnswer(201, this.create(request, target));
      if (request.method === 'DELETE') return toAnswer(200, this.deleteCollection(request, target));
    } else {
      if (request.method === 'GET') return toAnswer(200, this.existing(target));
      if (request.method === 'PUT') return toAnswer(200, this.replace(request, target));
      if (request.method === 'PATCH') return this.patch(request, target);
      if (request.method === 'DELETE') return toAnswer(200, this.delete(request, target));
    }
    throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }

  /** Makes every continue token too old. */
  expirePages(): void {
    this.pages.clear();
  }

  existing({ type, namespace, name = '' }: ResourceTarget): KubernetesObject {
    const object = this.store.get(toStoreKey(type), namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  }

  private list(query: URLSearchParams, { type, namespace }: ResourceTarget): object {
    const token = query.get('continue') ?? '';
    const matches = toFilter(query);
    const page = token === '' ? undefined : this.pages.get(token);
    if (token !== '' && page === undefined)
      throw new StatusError(410, 'Expired', 'The provided continue parameter is too old to display a consistent list result.');
    const { items, revision } = page ?? {
      items: this.store.list(toStoreKey(type), namespace).filter(matches),
      revision: this.store.revision,
    };
    const limit = Number(query.get('limit') ?? 0) || items.length;
    const rest = items.slice(limit);
    const metadata: Record<string, unknown> = { resourceVersion: String(revision) };
    if (rest.length > 0) {
      metadata.continue = randomBytes(12).toString('base64url');
      metadata.remainingItemCount = rest.length;
      this.pages.set(String(metadata.continue), { items: rest, revision });
    }
    return { kind: `${type.kind}List`, apiVersion: toApiVersion(type), metadata, items: items.slice(0, limit) };
  }

  private create(request: RecordedRequest, target: ResourceTarget): KubernetesObject {
    const object = this.admitted(parseObject(request), target);
    const { generateName } = object.metadata;
    object.metadata.name ??= generateName === undefined ? undefined : `${generateName}${randomBytes(3).toString('hex').slice(0, 5)}`;
    if (object.metadata.name === undefined)
      throw new StatusError(
        422,
        'Invalid',
        `${target.type.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
      );
    return this.insert(request, target, object);
  }

  private insert(request: RecordedRequest, { type, namespace }: ResourceTarget, object: KubernetesObject): KubernetesObject {
    const name = object.metadata.name ?? '';
    if (namespace !== undefined && this.store.get(NAMESPACES, undefined, namespace) === undefined)
      throw new StatusError(404, 'NotFound', `namespaces "${namespace}" not found`, { name: namespace, kind: 'namespaces' });
    if (this.store.get(toStoreKey(type), namespace, name) !== undefined)
      throw new StatusError(409, 'AlreadyExists', `${qualifiedName(type)} "${name}" already exists`, toDetails(type, name));
    if (object.metadata.resourceVersion)
      throw new StatusError(400, 'BadRequest', 'resourceVersion should not be set on objects to be created');
    return this.write(request, type, hasOwnStatus(type) ? omitStatus(object) : object);
  }

  private replace(request: RecordedRequest, target: ResourceTarget): KubernetesObject {
    const existing = this.existing(target);
    return this.update(request, target, existing, this.admitted(parseObject(request), target));
  }

  private patch(request: RecordedRequest, target: ResourceTarget): Answer {
    const { type, namespace, name = '', subresource } = target;
    const existing = this.store.get(toStoreKey(type), namespace, name);
    if (mediaType(request) !== APPLY_PATCH)
      return toAnswer(200, this.update(request, target, this.existing(target), patched(this.existing(target), request)));
    if (!request.query.get('fieldManager'))
      throw new StatusError(
        422,
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      );
    const applied = this.admitted(parseObject(request), target);
    if (existing !== undefined) return toAnswer(200, this.update(request, target, existing, patched(existing, request)));
    if (subresource !== undefined) throw notFound(type, name);
    return toAnswer(201, this.insert(request, target, applied));
  }

  private update(
    request: RecordedRequest,
    target: ResourceTarget,
    existing: KubernetesObject,
    proposed: KubernetesObject,
  ): KubernetesObject {
    const { type, name = '', subresource } = target;
    checkPreconditions(type, existing, proposed.metadata.uid, proposed.metadata.resourceVersion);
    if (proposed.metadata.name !== name)
      throw new StatusError(422, 'Invalid', `${type.kind} "${name}" is invalid: metadata.name: field is immutable`);
    const { deletionTimestamp } = existing.metadata;
    const metadata = { ...proposed.metadata, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) };
    const changed: KubernetesObject =
      subresource === 'status'
        ? { ...existing, status: proposed.status }
        : { ...proposed, metadata, ...(hasOwnStatus(type) ? { status: existing.status } : {}) };
    // A deleted object goes when its last finalizer goes.
    const finished = deletionTimestamp !== undefined && (changed.metadata.finalizers ?? []).length === 0;
    return finished && !isDryRun(request) ? this.remove(type, changed) : this.write(request, type, changed);
  }

  private delete(request: RecordedRequest, target: ResourceTarget): object {
    const { type } = target;
    const existing = this.existing(target);
    const { preconditions } =
      request.body.length > 0 ? (parseObject(request) as { preconditions?: { uid?: string; resourceVersion?: string } }) : {};
    checkPreconditions(type, existing, preconditions?.uid, preconditions?.resourceVersion);
    if ((existing.metadata.finalizers ?? []).length > 0) {
      const deletionTimestamp = existing.metadata.deletionTimestamp ?? new Date().toISOString().replace(/\.\d+/, '');
      return this.write(request, type, {
        ...existing,
        metadata: { ...existing.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 },
      });
    }
    if (!isDryRun(request)) this.remove(type, existing);
    const { name = '', uid } = existing.metadata;
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { ...toDetails(type, name), uid } };
  }

  private deleteCollection(request: RecordedRequest, { type, namespace }: ResourceTarget): object {
    const items = this.store.list(toStoreKey(type), namespace).filter(toFilter(request.query));
    for (const { metadata } of items)
      this.delete(request, { type, namespace: metadata.namespace, name: metadata.name, subresource: undefined });
    return { kind: `${type.kind}List`, apiVersion: toApiVersion(type), metadata: { resourceVersion: String(this.store.revision) }, items };
  }

  private remove(type: ResourceDefinition, object: KubernetesObject): KubernetesObject {
    const { namespace, name = '' } = object.metadata;
    if (toStoreKey(type) === NAMESPACES) this.types.all().forEach((inside) => inside.namespaced && this.clear(inside, name));
    if (toStoreKey(type) === CUSTOM_RESOURCE_DEFINITIONS) {
      this.clear(definitionOf(object));
      this.types.withdraw(definitionOf(object));
    }
    return this.store.remove(toStoreKey(type), namespace, name);
  }

  private clear(type: ResourceDefinition, namespace?: string): void {
    for (const { metadata } of this.store.list(toStoreKey(type), namespace))
      this.store.remove(toStoreKey(type), metadata.namespace, metadata.name ?? '');
  }

  private write(request: RecordedRequest, type: ResourceDefinition, object: KubernetesObject): KubernetesObject {
    if (isDryRun(request)) return this.store.preview(toStoreKey(type), object);
    if (toStoreKey(type) !== CUSTOM_RESOURCE_DEFINITIONS) return this.store.write(toStoreKey(type), object);
    this.types.declare(definitionOf(object));
    const conditions = ['NamesAccepted', 'Established'].map((condition) => ({ type: condition, status: 'True' }));
    return this.store.write(toStoreKey(type), { ...object, status: { ...(object.status as object | undefined), conditions } });
  }

  /** The object with what the path says, or 400 when it says something else. */
  private admitted(object: KubernetesObject, { type, namespace, name }: ResourceTarget): KubernetesObject {
    const metadata = { ...object.metadata };
    if (object.apiVersion !== toApiVersion(type) || object.kind !== type.kind)
      throw new StatusError(
        400,
        'BadRequest',
        `${type.kind} in version "${type.version}" cannot be handled as a ${object.kind}: the object is of ${object.apiVersion}`,
      );
    if (name !== undefined && metadata.name !== undefined && metadata.name !== name)
      throw new StatusError(400, 'BadRequest', `the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
    if (metadata.namespace !== undefined && metadata.namespace !== namespace)
      throw new StatusError(400, 'BadRequest', 'the namespace of the provided object does not match the namespace sent on the request');
    return {
      ...object,
      metadata: { ...metadata, ...(name === undefined ? {} : { name }), ...(namespace === undefined ? {} : { namespace }) },
    };
  }
}

function notFound(type: ResourceDefinition, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualifiedName(type)} "${name}" not found`, toDetails(type, name));
}

function toDetails({ group, resource }: ResourceDefinition, name: string): object {
  return { name, ...(group === '' ? {} : { group }), kind: resource };
}

function checkPreconditions(type: ResourceDefinition, { metadata }: KubernetesObject, uid?: string, resourceVersion?: string): void {
  const refuse = (reason: string): StatusError =>
    new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${qualifiedName(type)} "${metadata.name}": ${reason}`,
      toDetails(type, metadata.name ?? ''),
    );
  if (uid !== undefined && uid !== metadata.uid)
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    throw refuse('the object has been modified; please apply your changes to the latest version and try again');
}

function hasOwnStatus(type: ResourceDefinition): boolean {
  return type.subresources?.includes('status') ?? false;
}

function omitStatus({ status: _status, ...object }: KubernetesObject): KubernetesObject {
  return object;
}

function isDryRun(request: RecordedRequest): boolean {
  return request.query.getAll('dryRun').includes('All');
}
