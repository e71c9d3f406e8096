/** A check that is one or more programs, of node_modules/.bin or Node itself, each of which must end with 0. */
export interface Check {
  name: string;
  programs: [program: string, ...args: string[]][];
}

const CODE = ['apps', 'libs', 'migrations', 'lab/launcher', 'scripts', 'bench', 'test'];

/** Everything that is judged without running Archon, the slowest first: they share two cores. */
export const CHECKS: Check[] = [
  { name: 'lint', programs: [['eslint', '.', '--max-warnings', '0']] },
  { name: 'types', programs: [['tsc', '--project', 'tsconfig.json', '--noEmit']] },
  { name: 'duplicates', programs: [['jscpd', '--config', '.jscpd.json']] },
  { name: 'dead-code', programs: [['knip']] },
  { name: 'layers', programs: [['depcruise', '--config', '.dependency-cruiser.mjs', ...CODE]] },
  {
    name: 'openapi',
    programs: [
      ['node', 'scripts/archon.mjs', 'openapi', '--check'],
      ['redocly', 'lint'],
    ],
  },
  { name: 'migrations', programs: [['node', 'dist/apps/archon/src/migrations.command.js']] },
  { name: 'format', programs: [['biome', 'format', '--max-diagnostics=5', '.']] },
];

export const VITEST_PROJECTS = ['unit', 'e2e', 'speed'] as const;
