import { describe, expect, it } from 'vitest';
import { entityTagOf, namesTag } from './entity-tag.js';

describe('an entity tag', () => {
  const tag = entityTagOf('text');
  it.each([
    [tag, true],
    [`"x", ${tag}`, true],
    [`W/${tag}`, true],
    ['*', true],
    ['"x"', false],
    [undefined, false],
    ['', false],
  ])('named by %s: %s', (header, named) => expect(namesTag(header, tag)).toBe(named));
});
