import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import typescript from 'typescript-eslint';

// Files with one of these suffixes may touch the framework and do I/O; every other file of apps and libs is pure.
const ROLES = 'module controller service repository gateway entity dto guard filter pipe interceptor strategy decorator command'.split(' ');
const sources = ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'];
const withRole = ROLES.map((role) => `**/*.${role}.ts`);
const entries = ['**/main.ts', '**/openapi.ts', '**/index.ts'];
const tests = ['**/*.spec.ts', '**/*.e2e.ts'];

const IMPURE_BUILTINS = 'child_process fs fs/promises http http2 https net os process timers timers/promises tls worker_threads'.split(' ');
const IMPURE_MODULES = ['@nestjs/*', 'typeorm', 'pg', 'undici', ...IMPURE_BUILTINS.map((name) => `node:${name}`)];
const RANDOM = ['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'generateKeyPair'];
const PURE = 'a file without a role suffix is pure: take the value as a parameter, or give the file a suffix';
const ENVIRONMENT = 'settings come from #config, which alone reads the environment';

const defaultExportRule = { selector: 'ExportDefaultDeclaration', message: 'name the export' };
const environmentRule = { selector: "MemberExpression[object.name='process'][property.name='env']", message: ENVIRONMENT };
const clockRules = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: `Date.now(): ${PURE}` },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: `new Date(): ${PURE}` },
  { selector: "CallExpression[callee.object.name='performance'][callee.property.name='now']", message: `performance.now(): ${PURE}` },
  { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message: `Math.random(): ${PURE}` },
  { selector: 'CallExpression[callee.property.name=/^(random[A-Z]|getRandomValues|generateKeyPair)/]', message: `randomness: ${PURE}` },
];

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', '.archon/', 'coverage/', 'bench/results/', 'lab/bin/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [typescript.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': ['error', defaultExportRule],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { performance: 'readonly', setInterval: 'readonly', clearInterval: 'readonly' } },
  },
  {
    files: sources,
    ignores: ['libs/config/src/**'],
    rules: {
      'no-restricted-syntax': ['error', defaultExportRule, environmentRule],
      'no-restricted-imports': ['error', { paths: [{ name: 'node:process', importNames: ['env'], message: ENVIRONMENT }] }],
    },
  },
  {
    files: sources,
    ignores: [...withRole, ...entries, ...tests],
    rules: {
      'no-restricted-syntax': ['error', defaultExportRule, environmentRule, ...clockRules],
      'no-restricted-globals': [
        'error',
        ...['process', 'crypto', 'fetch', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ name, message: PURE })),
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: IMPURE_MODULES, allowTypeImports: true, message: PURE }] },
      ],
      'no-restricted-imports': ['error', { paths: [{ name: 'node:crypto', importNames: RANDOM, message: PURE }] }],
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: tests,
    rules: Object.fromEntries(
      ['argument', 'assignment', 'call', 'member-access', 'return'].map((kind) => [`@typescript-eslint/no-unsafe-${kind}`, 'off']),
    ),
  },
);
