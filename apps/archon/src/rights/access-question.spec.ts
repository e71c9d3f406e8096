import { describe, expect, it } from 'vitest';
import { functionsOf, readQuestion } from './access-question.js';

describe('readQuestion', () => {
  it.each([
    [
      { cluster: 'c1', verb: 'get', resource: 'pods' },
      { of: 'cluster', asked: { cluster: 'c1', verb: 'get', group: '', resource: 'pods' } },
    ],
    [
      { cluster: 'c1', verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'a', name: 'b', group: '' },
      {
        of: 'cluster',
        asked: { cluster: 'c1', verb: 'create', group: '', resource: 'pods', subresource: 'exec', namespace: 'a', name: 'b' },
      },
    ],
    [
      { function: 'acp-app', action: 'get' as const, project: 'shop' },
      { of: 'function', asked: { function: 'acp-app', action: 'get', project: 'shop' } },
    ],
  ])('reads %j', (question, expected) => expect(readQuestion(question, '')).toEqual(expected));

  it.each([
    [{}, /cluster.*is required/],
    [{ cluster: 'c1', verb: 'get' }, /resource/],
    [{ function: 'acp-app' }, /action.*is required/],
    [{ action: 'get' as const }, /function.*is required/],
    [{ function: 'acp-nothing', action: 'get' as const }, /is no function/],
    [{ function: 'acp-app', action: 'get' as const, verb: 'get' }, /leave it out with function/],
    [{ function: 'acp-app', action: 'get' as const, namespace: 'a' }, /cluster.*is required/],
    [{ cluster: 'c1', verb: 'get', resource: 'pods', project: 'shop' }, /project/],
  ])('refuses %j', (question, why) => expect(() => readQuestion(question, '')).toThrow(why));
});

it('functionsOf names the functions by which roles give rights on a resource', () => {
  const asked = { cluster: 'c1', verb: 'get' };
  expect(functionsOf({ ...asked, group: '', resource: 'pods', subresource: 'exec' })).toContain('acp-podsexec');
  expect(functionsOf({ ...asked, group: 'apps', resource: 'deployments' })).toContain('acp-k8sresource');
  expect(functionsOf({ ...asked, group: 'example.org', resource: 'things' })).toEqual([]);
});
