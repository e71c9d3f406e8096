import { expect, it, vi } from 'vitest';
import { ChangeQueue } from './change-queue.gateway.js';
import { type Change, uidOf } from './changes.js';
import { LeaseLost } from './lease-lost.js';

type Write = (changes: readonly Change<{ uid: string }>[], version: string | undefined) => Promise<void>;

function queueOf(write: Write, signal = new AbortController().signal) {
  const told = { onFailure: vi.fn(), onRefused: vi.fn(), onEnded: vi.fn() };
  return { queue: new ChangeQueue<{ uid: string }>({ write, signal, ...told }), ...told };
}
const gone = (uid: string): Change<{ uid: string }> => ({ deleted: uid });
const uids = (changes: readonly Change<{ uid: string }>[]) => changes.map(uidOf);

it('writes one change at once, and together what comes meanwhile, with the version of the last', async () => {
  const written: [string, string | undefined][] = [];
  const first = Promise.withResolvers<void>();
  const { queue } = queueOf(async (changes, version) => {
    written.push([uids(changes).join(), version]);
    if (written.length === 1) await first.promise;
  });
  await queue.add(gone('a'), '1');
  await queue.add(gone('b'), '2');
  await queue.add(gone('c'), '3');
  await queue.add(undefined, '4');
  first.resolve();
  await queue.settled();
  expect(written).toEqual([
    ['a', '1'],
    ['b,c', '4'],
  ]);
});

it('lets whoever reads wait when too much waits to be written', async () => {
  const first = Promise.withResolvers<void>();
  const { queue } = queueOf(() => first.promise);
  const adding = Promise.all(Array.from({ length: 2000 }, (_, index) => queue.add(gone(String(index)), String(index))));
  const isDone = vi.fn();
  void adding.then(isDone);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDone).not.toHaveBeenCalled();
  first.resolve();
  await adding;
});

it('writes again what could not be written, in the same order', async () => {
  let left = 2;
  const written: string[] = [];
  const { queue, onFailure } = queueOf((changes) => {
    if (left-- > 0) return Promise.reject(new Error('no connection'));
    written.push(...uids(changes));
    return Promise.resolve();
  });
  for (const uid of ['a', 'b', 'c']) await queue.add(gone(uid), uid);
  await queue.settled();
  expect([written, onFailure.mock.calls.length]).toEqual([['a', 'b', 'c'], 2]);
});

it('leaves out the one object that the database refuses, and says the version only when all before it is written', async () => {
  const written: [string, string | undefined][] = [];
  const { queue, onRefused } = queueOf((changes, version) => {
    if (uids(changes).includes('bad')) return Promise.reject(Object.assign(new Error('invalid'), { code: '22P05' }));
    written.push([uids(changes).join(), version]);
    return Promise.resolve();
  });
  await queue.write(['a', 'b', 'bad', 'c'].map(gone), '9');
  expect(written.map(([text]) => text).join()).toBe('a,b,,c');
  expect(written.map(([, version]) => version)).toEqual([undefined, undefined, '9']);
  expect(onRefused.mock.calls.map(([change]) => uids([change as Change<{ uid: string }>])[0])).toEqual(['bad']);
});

it('ends when the lease is lost: at once, and for whoever adds more', async () => {
  const { queue, onEnded } = queueOf(() => Promise.reject(new LeaseLost()));
  await queue.add(gone('a'), '1');
  await vi.waitFor(() => expect(onEnded).toHaveBeenCalledOnce());
  await expect(queue.add(gone('b'), '2')).rejects.toThrow(LeaseLost);
  await expect(queue.settled()).rejects.toThrow(LeaseLost);
});

it('waits for a database no longer than it is wanted, and does not pass off as written what is not', async () => {
  const stop = new AbortController();
  const { queue } = queueOf(() => Promise.reject(new Error('no connection')), stop.signal);
  await queue.add(gone('a'), '1');
  stop.abort(new Error('given up'));
  await expect(queue.settled()).rejects.toThrow('given up');
  await expect(queue.write([gone('b')], '2')).rejects.toThrow('given up');
});
