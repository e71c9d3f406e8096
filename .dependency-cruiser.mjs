// Features are the folders of apps/<app>/src; another feature is reached through what it publishes: its service, module, entity, or
// the pure functions and decorators that have no state.
const featureInternals = '\\.(controller|repository|gateway|dto|guard|filter|pipe|interceptor|strategy|command)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'libs-never-import-apps',
      comment: 'A library knows nothing of the programs that use it.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'one-kubernetes-client',
      comment: 'Only libs/kubernetes speaks HTTP to an API server; identity providers are no clusters and have a client of their own.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/kubernetes/', '^apps/archon/src/identityproviders/issuer-http\\.gateway\\.ts$'] },
      to: { path: 'node_modules/undici/' },
    },
    {
      name: 'features-meet-in-services',
      comment:
        "A feature may use another one's service, module, entity and pure functions, nothing else. The edge (auth, http) serves all.",
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/([^/]+)/' },
      to: { path: `^apps/$1/src/[^/]+/.*${featureInternals}`, pathNot: '^apps/$1/src/($2|auth|http)/' },
    },
    {
      name: 'libraries-have-one-door',
      comment: 'A library is imported by its name; its other files are its own.',
      severity: 'error',
      from: { path: '^(apps|libs|lab|scripts|bench|migrations)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^$1/$2/'] },
    },
    {
      name: 'no-cycles',
      comment: 'Entities may refer to each other, as their rows do.',
      severity: 'error',
      from: { pathNot: '\\.entity\\.ts$' },
      to: { circular: true, viaOnly: { pathNot: '\\.entity\\.ts$' } },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(apps|libs|migrations|lab|scripts|bench)/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^test/', '\\.(spec|e2e)\\.ts$'] },
    },
    {
      name: 'product-without-tools',
      comment: 'The product runs without the local clusters, the scripts and the benchmarks.',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(lab|scripts|bench)/' },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'product-without-development-packages',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { conditionNames: ['source', 'import', 'node', 'default'], exportsFields: ['exports'] },
  },
};
