import { afterAll, beforeAll, describe, it } from 'vitest';
import { Archon } from './support/archon.js';
import { uniqueName } from './support/cluster-objects.js';
import { expectGuide } from './support/guide.js';

let archon: Archon;
beforeAll(async () => {
  archon = await Archon.start({ clusters: ['c1'] });
});
afterAll(() => archon?.dispose());

describe('the guide of tenancy', () => {
  it('has commands that print what it says', { timeout: 180_000 }, () =>
    expectGuide(archon, 'tenancy.md', { clusters: ['c1'], names: { shop: uniqueName('shop'), legacy: uniqueName('legacy') } }),
  );
});
