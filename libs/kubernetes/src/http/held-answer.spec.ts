import { expect, it } from 'vitest';
import { HeldAnswer } from './held-answer.js';
import type { ResponseHead } from './response-head.js';

const HEAD: ResponseHead = { status: 401, headers: ['content-length', '4'], body: 4, keepAlive: true, keepAliveSeconds: undefined };

function recorder() {
  const told: unknown[] = [];
  return {
    told,
    onHead: (head: ResponseHead) => told.push(head.status),
    onData: (content: Buffer) => told.push(content.toString()),
    onEnd: () => told.push('end'),
    onError: (error: Error) => told.push(error.message),
  };
}

it('hands over what came, and its own copy of bytes that were only lent', () => {
  const held = new HeldAnswer(HEAD);
  const lent = Buffer.from('ab');
  held.onData(lent);
  lent.fill('x');
  held.onData(Buffer.from('cd'));
  held.onEnd();
  const handler = recorder();
  held.passTo(handler);
  expect(handler.told).toEqual([401, 'ab', 'cd', 'end']);
});

it('leaves the end to the exchange when it has not come yet', () => {
  const handler = recorder();
  new HeldAnswer(HEAD).passTo(handler);
  expect(handler.told).toEqual([401]);
});

it('hands over how the answer broke off', () => {
  const held = new HeldAnswer(HEAD);
  held.onError(new Error('broken'));
  const handler = recorder();
  held.passTo(handler);
  expect(handler.told).toEqual([401, 'broken']);
});
