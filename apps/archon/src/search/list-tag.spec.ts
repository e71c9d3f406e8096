import { describe, expect, it } from 'vitest';
import { ListTag } from './list-tag.js';

const held = (ifNoneMatch: string | undefined, source: string) => new ListTag(ifNoneMatch, source);

describe('the entity tag of a list', () => {
  it('is known before a look while nothing that the list is drawn from has changed', () => {
    const { entityTag } = held(undefined, 'a').of('x');
    expect(held(`W/"other", W/${entityTag}`, 'a').unchanged()).toBe(entityTag);
    expect(held(entityTag, 'b').unchanged()).toBeUndefined();
    expect(held(undefined, 'a').unchanged()).toBeUndefined();
  });

  it('is held by whoever has the same rows, drawn from whatever', () => {
    const { entityTag } = held(undefined, 'a').of('x');
    expect(held(`W/${entityTag}`, 'b').of('x')).toEqual({ entityTag: '"b.x"', isHeld: true });
    expect(held(`W/${entityTag}`, 'b').of('y')).toEqual({ entityTag: '"b.y"', isHeld: false });
    expect(held('*', 'b').of('y').isHeld).toBe(true);
    expect(held(undefined, 'b').of('y').isHeld).toBe(false);
  });
});
