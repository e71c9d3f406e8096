import { describe, expect, it } from 'vitest';
import { read, form } from '../../../../../test/support/small-form.js';
import { questionsOf } from './form-facts.js';

describe('questionsOf', () => {
  it('asks for each name once', async () => {
    const twice = (more: object) => [more, more];
    const asked = form(
      {
        volumes: ['a', 'b'].map((name) => ({ name, persistentVolumeClaim: { claimName: 'data' } })),
        initContainers: [{ name: 'i', image: 'a', extendedResources: { 'nvidia.com/gpu': 1 } }],
      },
      { envFrom: twice({ secretRef: { name: 'keys' } }) },
    );
    expect(questionsOf(await read(asked))).toEqual({ claims: ['data'], secrets: ['keys'], extendedResources: true });
    expect(questionsOf(await read(form()))).toEqual({ claims: [], secrets: [], extendedResources: false });
  });
});
