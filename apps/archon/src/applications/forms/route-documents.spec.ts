import { describe, expect, it } from 'vitest';
import { defaultNames, servicePorts } from './route-documents.js';

describe('defaultNames', () => {
  it.each([
    [[undefined], ['web']],
    [
      [undefined, undefined, undefined],
      ['web', 'web-2', 'web-3'],
    ],
    [
      ['web', undefined, 'web-2', undefined],
      ['web', 'web-3', 'web-2', 'web-4'],
    ],
    [
      ['a', undefined],
      ['a', 'web'],
    ],
  ])('of %j are %j', (given, names) => {
    const items = given.map((name) => (name === undefined ? {} : { name }));
    expect(defaultNames('web', items).map(({ name }) => name)).toEqual(names);
  });
});

describe('servicePorts', () => {
  it('have names where there are several', () => {
    expect(servicePorts({ ports: [{ port: 80 }] })).toEqual([{ port: 80 }]);
    expect(
      servicePorts({ ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }, { port: 443, name: 'https' }] }).map(({ name }) => name),
    ).toEqual(['tcp-80', 'udp-53', 'https']);
  });
});
