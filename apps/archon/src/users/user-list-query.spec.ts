import { describe, expect, it } from 'vitest';
import { parseFilter, parseSort } from './user-list-query.js';

describe('the query of a list of users', () => {
  it('is read in pairs', () => {
    expect(parseFilter('username,jane,email,example.org')).toEqual([
      { column: 'displayName', text: 'jane' },
      { column: 'name', text: 'example.org' },
    ]);
    expect(parseSort('d,creationTimestamp,a,email')).toEqual([
      { column: 'createdAt', direction: 'DESC' },
      { column: 'name', direction: 'ASC' },
    ]);
    expect([parseFilter(undefined), parseFilter(''), parseSort(undefined)]).toEqual([[], [], []]);
  });

  it.each(['username', 'password,x', 'toString,x', 'creationTimestamp,2026', 'username,a,b'])('is refused with filterBy=%s', (filterBy) => {
    expect(() => parseFilter(filterBy)).toThrow('filterBy');
  });

  it.each(['a', 'x,username', 'a,password', "a,name';drop table users"])('is refused with sortBy=%s', (sortBy) => {
    expect(() => parseSort(sortBy)).toThrow('sortBy');
  });
});
