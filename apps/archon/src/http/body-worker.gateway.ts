import { parentPort } from 'node:worker_threads';
import { ApiError } from '#errors';
import { parseYamlDocuments } from './manifest-documents.js';
import { parseJsonDocument } from './json-document.js';
import type { BodyFormat } from './read-body.js';

export interface BodyTask {
  id: number;
  format: BodyFormat;
  text: string;
}

/** `json` is undefined when the text is good JSON already: it need not travel back. */
export type BodyAnswer = { id: number; json?: string } | { id: number; refusal: string };

/** Checks a body and gives it back as JSON, which the main thread reads in a few milliseconds. */
function answer({ id, format, text }: BodyTask): BodyAnswer {
  try {
    if (format === 'yaml') return { id, json: JSON.stringify(parseYamlDocuments(text)) };
    parseJsonDocument(text);
    return { id };
  } catch (error) {
    if (error instanceof ApiError) return { id, refusal: error.message };
    throw error;
  }
}

parentPort?.on('message', (task: BodyTask) => parentPort?.postMessage(answer(task)));
