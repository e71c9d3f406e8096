import { describe, expect, it } from 'vitest';
import { groupsOfUser } from './platform-roles.js';

describe('the groups of a user', () => {
  it('are those of the platform roles and those that an identity provider told', () => {
    expect(groupsOfUser({ roles: ['auditor'], toldGroups: ['corp:developers'] })).toEqual(['acp:platform:auditor', 'corp:developers']);
  });

  it.each(['acp:platform:administrator', 'acp:project:shop:owner', 'system:masters'])(
    'never contain %s because somebody told so',
    (group) => {
      expect(groupsOfUser({ roles: [], toldGroups: [group] })).toEqual([]);
    },
  );
});
