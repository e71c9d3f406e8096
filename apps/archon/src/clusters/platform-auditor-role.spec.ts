import { describe, expect, it } from 'vitest';
import { PLATFORM_AUDITOR_OBJECTS } from './platform-auditor-role.js';

describe('the role of platform auditors on a cluster', () => {
  const rules = PLATFORM_AUDITOR_OBJECTS.flatMap(({ object }) => ('rules' in object ? object.rules : []));
  const covers = (group: string, resource: string) =>
    rules.some(
      ({ apiGroups, resources }) =>
        (apiGroups as string[]).includes(group) && ((resources as string[]).includes('*') || (resources as string[]).includes(resource)),
    );

  it('changes nothing', () => {
    expect(new Set(rules.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'list', 'watch']));
  });

  it.each(['secrets', 'pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'])(
    'has no %s',
    (resource) => {
      expect(covers('', resource)).toBe(false);
    },
  );

  it.each([
    ['', 'pods'],
    ['', 'pods/log'],
    ['apps', 'deployments'],
    ['rbac.authorization.k8s.io', 'clusterroles'],
    ['app.k8s.io', 'applications'],
  ])('reads %s/%s', (group, resource) => {
    expect(covers(group, resource)).toBe(true);
  });
});
