import { expect, it } from 'vitest';
import { Slots } from './slots.js';

const open = new AbortController().signal;

it('lets so many in, and the others in their order as places become free', async () => {
  const slots = new Slots(2);
  const entered: number[] = [];
  const leave: (() => void)[] = [];
  const entering = [0, 1, 2, 3].map(async (index) => {
    leave[index] = await slots.enter(open);
    entered.push(index);
  });
  await Promise.all(entering.slice(0, 2));
  expect(entered).toEqual([0, 1]);
  leave[1]?.();
  leave[1]?.(); // a second time counts for nothing
  await entering[2];
  expect(entered).toEqual([0, 1, 2]);
  leave[0]?.();
  await entering[3];
  expect(entered).toEqual([0, 1, 2, 3]);
});

it('loses no place to one that gave up', async () => {
  const slots = new Slots(1);
  const leave = await slots.enter(open);
  const impatient = new AbortController();
  const entering = slots.enter(impatient.signal);
  const next = slots.enter(open);
  impatient.abort(new Error('given up'));
  await expect(entering).rejects.toThrow('given up');
  leave();
  await expect(next).resolves.toBeTypeOf('function');
  await expect(slots.enter(impatient.signal)).rejects.toThrow('given up');
});
