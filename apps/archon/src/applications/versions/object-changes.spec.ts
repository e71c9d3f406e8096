import { expect, it } from 'vitest';
import { objectChanges } from './object-changes.js';

const listed = (...texts: string[]) =>
  texts.map((text) => {
    const [kind = '', name = '', digest = ''] = text.split(' ');
    return { group: kind === 'Deployment' ? 'apps' : '', kind, name, digest };
  });
const names = (changes: { kind: string; name: string }[]) => changes.map(({ kind, name }) => `${kind} ${name}`);

it.each([
  [['ConfigMap a 1'], ['ConfigMap a 1'], [[], [], []]],
  [['ConfigMap a 1'], ['ConfigMap a 2'], [[], ['ConfigMap a'], []]],
  [[], ['ConfigMap a 1', 'Deployment a 1'], [['ConfigMap a', 'Deployment a'], [], []]],
  [['ConfigMap a 1', 'ConfigMap b 1'], ['ConfigMap b 1'], [[], [], ['ConfigMap a']]],
  [['ConfigMap a 1'], ['Secret a 1'], [['Secret a'], [], ['ConfigMap a']]],
  [
    ['ConfigMap a 1', 'ConfigMap b 1'],
    ['ConfigMap b 1', 'ConfigMap a 1'],
    [[], [], []],
  ],
])('%j → %j: %j', (before, after, expected) => {
  const changes = objectChanges(listed(...before), listed(...after));
  expect([names(changes.create), names(changes.update), names(changes.delete)]).toEqual(expected);
});
