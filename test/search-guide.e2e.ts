import { afterAll, beforeAll, describe, it } from 'vitest';
import { Archon } from './support/archon.js';
import { uniqueName } from './support/cluster-objects.js';
import { expectGuide } from './support/guide.js';

let archon: Archon;
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1', 'c2'], settings: { ARCHON_INDEX: 'true' } });
});
afterAll(() => archon?.dispose());

describe('the guide of search', () => {
  it('has commands that print what it says', { timeout: 180_000 }, () =>
    expectGuide(archon, 'search.md', { clusters: ['c1', 'c2'], names: { bazaar: uniqueName('bazaar') } }),
  );
});
