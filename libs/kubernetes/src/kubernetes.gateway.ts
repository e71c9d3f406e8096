import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { ApiError, type Status } from '#errors';
import { connectionFailure } from './connection-failure.js';
import type { Connections } from './connections.gateway.js';
import { parseJson } from './json.js';
import type { KubernetesList, KubernetesObject } from './kubernetes-object.js';
import { retryDelay } from './retry-budget.js';
import { type Query, queryString, type ResourceRef, resourcePath } from './resource-path.js';
import { authenticationHeaders, basePath, type Target } from './target.js';
import { watchResource, type WatchEvent, type WatchOptions } from './watch.gateway.js';

/** The field manager of everything that Archon applies. */
export const FIELD_MANAGER = 'archon';

const PATCH_MEDIA_TYPES = {
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

export interface ListOptions {
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
}

export interface ReadOptions {
  signal?: AbortSignal;
  /** Of the answer; JSON of whole objects when absent. */
  accept?: string;
}

/** The `accept` of lists that need no more of each object than its metadata (PartialObjectMetadataList). */
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

export interface WriteOptions {
  /** The cluster checks everything (rights, schema, admission, quota) and stores nothing. */
  dryRun?: boolean;
}

export interface CreateOptions extends WriteOptions {
  /** Refuses (400) fields that the kind doesn't have, and fields that stand twice, instead of dropping them. */
  strict?: boolean;
  signal?: AbortSignal;
}

export interface ApplyOptions extends WriteOptions {
  /** Takes fields over from other managers instead of answering 409. */
  force?: boolean;
}

export interface DeleteOptions extends WriteOptions {
  /** Refuses (409) when the object of that name is another one by now. */
  uid?: string;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
}

interface Answer {
  code: number;
  text: string;
}

/** A whole call, its body included, may take this long; watches and logs have no such limit. */
const CALL_TIMEOUT_MS = 30_000;

/**
 * The one way to a kube-apiserver. Objects are raw JSON in both directions: fields that Archon doesn't know, and numbers that a double
 * can't hold, come out as they went in. Failures are `ApiError`s: the cluster's own `Status`, or a 503/504 that names the cluster.
 * Only reads are sent again: when a kept-alive connection turns out to be closed, or the cluster asks for it (429, 503), within a budget.
 */
export class KubernetesGateway {
  constructor(private readonly connections: Connections) {}

  async get(target: Target, ref: ResourceRef): Promise<KubernetesObject> {
    return (await this.json(target, { method: 'GET', path: resourcePath(ref) })) as KubernetesObject;
  }

  /** Undefined when the cluster answers 404. */
  async find(target: Target, ref: ResourceRef): Promise<KubernetesObject | undefined> {
    try {
      return await this.get(target, ref);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** One page, as the cluster gives it. */
  async list(target: Target, ref: ResourceRef, options: ListOptions = {}, { signal, accept }: ReadOptions = {}): Promise<KubernetesList> {
    const path = resourcePath(ref, { ...options });
    return (await this.json(target, { method: 'GET', path, ...(signal && { signal }), ...(accept && { accept }) })) as KubernetesList;
  }

  /** All pages, one after the other: memory holds one page at a time. */
  async *listPages(
    target: Target,
    ref: ResourceRef,
    options: Omit<ListOptions, 'continue'> = {},
    read: ReadOptions = {},
  ): AsyncGenerator<KubernetesList> {
    let next: string | undefined;
    do {
      const page = await this.list(target, ref, { limit: 500, ...options, ...(next === undefined ? {} : { continue: next }) }, read);
      yield page;
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
  }

  /** POST: 409 AlreadyExists when the name is taken. For requests that are not stored too (access reviews). */
  async create(
    target: Target,
    ref: ResourceRef,
    object: object,
    { signal, strict, ...options }: CreateOptions = {},
  ): Promise<KubernetesObject> {
    const path = resourcePath(ref, {
      fieldManager: FIELD_MANAGER,
      fieldValidation: strict === true ? 'Strict' : undefined,
      ...writeQuery(options),
    });
    const call: Call = { method: 'POST', path, body: object, contentType: 'application/json', ...(signal && { signal }) };
    return (await this.json(target, call)) as KubernetesObject;
  }

  /** Server-side apply. `created` tells a new object from a changed one. */
  async apply(
    target: Target,
    ref: ResourceRef,
    object: KubernetesObject,
    options: ApplyOptions = {},
  ): Promise<{ object: KubernetesObject; created: boolean }> {
    const path = resourcePath(ref, {
      fieldManager: FIELD_MANAGER,
      force: options.force === true ? true : undefined,
      ...writeQuery(options),
    });
    const answer = await this.call(target, { method: 'PATCH', path, body: object, contentType: PATCH_MEDIA_TYPES.apply });
    return { object: parseJson(answer.text) as KubernetesObject, created: answer.code === 201 };
  }

  async patch(
    target: Target,
    ref: ResourceRef,
    type: 'json' | 'merge' | 'strategic',
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<KubernetesObject> {
    const path = resourcePath(ref, { fieldManager: FIELD_MANAGER, ...writeQuery(options) });
    return (await this.json(target, { method: 'PATCH', path, body: patch, contentType: PATCH_MEDIA_TYPES[type] })) as KubernetesObject;
  }

  /** Answers when the cluster has accepted the deletion; finalizers may keep the object for a while. */
  async delete(target: Target, ref: ResourceRef, options: DeleteOptions = {}): Promise<void> {
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: options.propagationPolicy ?? 'Background',
      // An API server that gets a body doesn't look at the query: a dry run asked for there would delete.
      ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
    };
    await this.call(target, { method: 'DELETE', path: resourcePath(ref), body, contentType: 'application/json' });
  }

  /** Never ends by itself: reconnects, resumes, and lists anew after 410. Ends when `options.signal` aborts. */
  watch(target: Target, ref: ResourceRef, options: WatchOptions): AsyncGenerator<WatchEvent> {
    return watchResource(
      {
        list: async (list, signal) => {
          const { text } = await this.call(target, { method: 'GET', path: resourcePath(ref, { ...list }), signal });
          return { page: parseJson(text) as KubernetesList, length: text.length };
        },
        open: (query, signal) => this.stream(target, resourcePath(ref, query), signal),
      },
      options,
    );
  }

  /** The log of one container as the kubelet sends it. Query as in Kubernetes: container, follow, previous, tailLines, sinceSeconds, timestamps. */
  logs(
    target: Target,
    pod: { namespace: string; name: string },
    query: Query,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData['body']> {
    return this.stream(target, resourcePath({ group: '', version: 'v1', resource: 'pods', ...pod, subresource: 'log' }, query), signal);
  }

  /** Any other path that answers JSON, such as `/version`. */
  async getPath(target: Target, path: string, options: { query?: Query; accept?: string; signal?: AbortSignal } = {}): Promise<unknown> {
    return this.json(target, { method: 'GET', path: `${path}${queryString(options.query ?? {})}`, ...options });
  }

  private async json(target: Target, call: Call): Promise<unknown> {
    return parseJson((await this.call(target, call)).text);
  }

  private async call(target: Target, call: Call): Promise<Answer> {
    const { retries } = this.connections.of(target.cluster);
    retries.called();
    let used = this.connections.of(target.cluster).connection;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(target, call);
      } catch (error) {
        const newer = call.method === 'GET' && isRefusal(error) ? await this.connections.newerThan(used) : undefined;
        if (newer !== undefined) {
          used = newer;
          continue;
        }
        const delayMs = call.method === 'GET' ? retryDelay(error, isClosedConnection(error), attempt, Math.random()) : undefined;
        if (delayMs === undefined || call.signal?.aborted === true || !retries.take()) throw connectionFailure(target.cluster.name, error);
        if (delayMs > 0) await sleep(delayMs, undefined, call.signal && { signal: call.signal });
      }
    }
  }

  private async attempt(target: Target, call: Call): Promise<Answer> {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const link = this.connections.of(target.cluster);
    const passage = link.enter('requests');
    try {
      const response = await link.requests.request({
        method: call.method,
        path: `${basePath(link.connection)}${call.path}`,
        headers: headersOf({ ...target, cluster: link.connection }, call),
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]),
      });
      passage.answered(response.statusCode);
      const text = await response.body.text();
      passage.ended();
      if (response.statusCode >= 300) throw failureOf(target.cluster.name, response.statusCode, text, response.headers['retry-after']);
      return { code: response.statusCode, text };
    } catch (error) {
      passage.ended(isGivenUp(call.signal) ? undefined : error);
      throw error;
    }
  }

  private async stream(target: Target, path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
    const link = this.connections.of(target.cluster);
    const passage = link.enter('streams');
    const dark = new AbortController();
    let body: Dispatcher.ResponseData['body'] | undefined;
    const unregister = link.register({
      // Undici doesn't tell what has arrived. Our own readers connect again by themselves, so that one cut too many does no harm.
      received: () => (body === undefined ? 0 : 1),
      end: (why) => (body === undefined ? dark.abort(why) : body.destroy(why)),
    });
    const ended = (error?: unknown) => {
      unregister();
      passage.ended(signal.aborted ? undefined : error);
    };
    try {
      const response = await link.streams.request({
        method: 'GET',
        path: `${basePath(link.connection)}${path}`,
        headers: headersOf({ ...target, cluster: link.connection }, { method: 'GET', path }),
        signal: AbortSignal.any([signal, dark.signal]),
      });
      passage.answered(response.statusCode);
      if (response.statusCode >= 300) throw failureOf(target.cluster.name, response.statusCode, await response.body.text());
      body = response.body;
      body.once('error', ended).once('close', () => ended());
      return body;
    } catch (error) {
      ended(error);
      throw connectionFailure(target.cluster.name, error);
    }
  }
}

function headersOf(target: Target, call: Call): string[] {
  return [
    'accept',
    call.accept ?? 'application/json',
    'user-agent',
    'archon',
    ...(call.contentType === undefined ? [] : ['content-type', call.contentType]),
    ...authenticationHeaders(target),
  ];
}

const writeQuery = (options: WriteOptions): Query => ({ dryRun: options.dryRun === true ? 'All' : undefined });

const isClosedConnection = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** A time limit that the caller sets says of the cluster what our own would say; any other end of the caller's says nothing. */
const isGivenUp = (signal: AbortSignal | undefined): boolean =>
  signal?.aborted === true && !(signal.reason instanceof Error && signal.reason.name === 'TimeoutError');

/** Of Archon's own credential, which may have been replaced meanwhile. */
const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.code === 401;

/** Redirects are not followed: a cluster may not send Archon's credential elsewhere. */
function failureOf(cluster: string, code: number, text: string, retryAfter?: string | string[]): ApiError {
  if (code < 400)
    return new ApiError('ServiceUnavailable', `cluster "${cluster}" answered with a redirect, which is not followed`, { cluster });
  let status: Partial<Status> = {};
  try {
    const body = parseJson(text) as Partial<Status> | null;
    if (body !== null && typeof body === 'object' && body.kind === 'Status') status = body;
  } catch {
    // Not JSON (an aggregated API, a load balancer in front): the code alone tells what it can.
  }
  const seconds = Number(retryAfter);
  const wait = Number.isInteger(seconds) && seconds >= 0 ? { retryAfterSeconds: seconds } : {};
  return ApiError.fromStatus(status, code).with({ ...wait, cluster });
}
