import jsonPatch from 'fast-json-patch';
import { parse } from 'yaml';
import type { KubernetesObject } from '#kubernetes';
import { StatusError } from './recording-api-server-answer.js';
import type { RecordedRequest } from './recording-api-server-record.js';

export const APPLY_PATCH = 'application/apply-patch+yaml';

/** The media type of a body, without parameters. */
export function mediaType(request: RecordedRequest): string {
  return (request.header('content-type')[0] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The JSON or YAML object of a request body. 400 when it isn't one, 415 for other encodings. */
export function parseObject(request: RecordedRequest): KubernetesObject {
  const type = mediaType(request);
  if (!['', 'application/json', 'application/yaml', APPLY_PATCH].includes(type)) throw unsupported(type);
  return parseText(request, type === '' || type === 'application/json') as KubernetesObject;
}

/**
 * `existing` with the patch of the request. Server-side apply is a plain merge here: it knows no field managers, and lists are replaced.
 * Strategic merge patch isn't offered (415).
 */
export function patched(existing: KubernetesObject, request: RecordedRequest): KubernetesObject {
  const type = mediaType(request);
  if (type === APPLY_PATCH) return merge(existing, parseText(request, false)) as KubernetesObject;
  if (type === 'application/merge-patch+json') return merge(existing, parseText(request, true)) as KubernetesObject;
  if (type !== 'application/json-patch+json') throw unsupported(type);
  try {
    const operations = JSON.parse(request.body.toString()) as jsonPatch.Operation[];
    return jsonPatch.applyPatch(structuredClone(existing), operations, true).newDocument;
  } catch (error) {
    throw new StatusError(422, 'Invalid', `the server rejected our request due to an error in our request: ${String(error)}`);
  }
}

/** RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function parseText(request: RecordedRequest, isJson: boolean): object {
  const text = request.body.toString();
  let value: unknown;
  try {
    value = isJson ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new StatusError(400, 'BadRequest', `couldn't read the object of the body: ${String(error)}`);
  }
  if (!isObject(value)) throw new StatusError(400, 'BadRequest', 'the body holds no object');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unsupported(type: string): StatusError {
  return new StatusError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: "${type}"`);
}
