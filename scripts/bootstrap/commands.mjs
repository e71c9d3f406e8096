// The commands, their options and their help: one table, read before anything is installed.

/** Wrong words on the command line; the message says which and what is right. */
export class UsageError extends Error {}

const PARTS = ['lint', 'types', 'duplicates', 'dead-code', 'layers', 'openapi', 'migrations', 'format', 'unit', 'e2e', 'speed'];

/**
 * `module` is below dist and exports `run(invocation)`; `build`: `fresh` compiles when a source changed, `any` takes what is there;
 * `exclusive`: one at a time, as it changes what runs.
 * Options: `value` names what follows; `choices`, `list` and `range` check it.
 */
export const COMMANDS = {
  up: {
    module: 'scripts/up.js',
    build: 'fresh',
    exclusive: true,
    about: 'Start real clusters, Postgres and Archon on this machine; run again to continue or to apply changes.',
    options: {
      clusters: {
        value: 'SET',
        choices: ['full', 'control-planes', 'none'],
        default: 'full',
        about: 'local clusters with nodes, without nodes, or none',
      },
      kubeconfig: { value: 'FILE', about: 'register every context of this file instead of local clusters' },
      'database-url': { value: 'URL', about: 'use this Postgres instead of the embedded one' },
      port: { value: 'N', range: [0, 65_535], about: 'port of Archon (default: 8443, or a free one when that is taken)' },
    },
  },
  down: {
    module: 'scripts/down.js',
    build: 'any',
    exclusive: true,
    about: 'Stop what `npm run up` started in this checkout.',
    options: { purge: { about: 'remove the state too: databases, clusters, keys, logs' } },
  },
  test: {
    module: 'scripts/test.js',
    build: 'fresh',
    about: 'Run all checks and tests; the last line is "N passed, N failed".',
    options: {
      only: { value: 'PART,…', list: PARTS, about: `run these parts: ${PARTS.join(' ')}` },
      nightly: { about: 'the same tests with larger volumes' },
      'database-url': { value: 'URL', about: 'run the tests on this Postgres, on which databases are made and dropped' },
    },
    rest: { name: '[VITEST ARGUMENT…]', about: 'passed to Vitest, for example a file or -t NAME' },
  },
  check: {
    module: 'scripts/check.js',
    build: 'fresh',
    about: 'Run single checks and show what they print.',
    options: {},
    rest: { name: 'PART…', about: `one or more of ${PARTS.join(' ')}`, choices: PARTS },
  },
  bench: {
    module: 'bench/run.js',
    build: 'fresh',
    about: "Measure Archon's proxy beside kubectl proxy, the index and lists from it, and Archon itself.",
    options: {
      rounds: { value: 'N', range: [1, 100], default: '5', about: 'rounds per measurement' },
      seconds: { value: 'N', range: [1, 600], default: '3', about: 'length of one measurement' },
      only: {
        value: 'PART,…',
        list: ['backend', 'apiserver', 'archon', 'streams', 'tokens', 'search', 'index'],
        about: 'measure these: backend apiserver archon streams tokens search index',
      },
      scale: { value: 'SIZE', choices: ['100k', '1M', '10M'], default: '1M', about: 'objects in the index that is searched' },
    },
  },
  build: {
    build: 'fresh',
    about: 'Compile into dist/, if a source changed. The commands above do it by themselves.',
    options: {},
  },
  openapi: {
    module: 'scripts/openapi.js',
    build: 'fresh',
    about: 'Write the OpenAPI document of this source tree into openapi/archon.yaml.',
    options: { check: { about: 'compare with the file instead; a difference is a failure' } },
  },
  acceptance: {
    module: 'scripts/acceptance.js',
    build: 'fresh',
    about: 'Write docs/security/acceptance.md from the results of the last whole test run.',
    options: {},
  },
  coverage: {
    module: 'scripts/coverage.js',
    build: 'fresh',
    about: 'Write docs/coverage.md: which tests show which requirement.',
    options: {},
  },
  run: {
    program: true,
    about: 'Run a program of node_modules/.bin with the Node of this checkout.',
    options: {},
    rest: { name: 'PROGRAM [ARGUMENT…]', about: 'for example: nest start archon --watch' },
  },
};

const npmForm = (name) => (name === 'test' ? 'npm test' : `npm run ${name}`);
const hasScript = (name) => name !== 'run';

/** All commands, one line each. */
export function overview() {
  const rows = Object.entries(COMMANDS).map(([name, command]) => `  ${name.padEnd(12)}${command.about}`);
  return `Usage: node scripts/archon.mjs COMMAND [OPTION…]   or   npm run COMMAND -- [OPTION…]\n\n${rows.join('\n')}\n\nCOMMAND --help explains its options.\n`;
}

/** Usage and options of one command. */
export function commandHelp(name) {
  const { about, options, rest } = COMMANDS[name];
  const call = hasScript(name) ? `${npmForm(name)} --` : `node scripts/archon.mjs ${name}`;
  const rows = Object.entries(options).map(([option, { value, about: meaning, default: standard }]) => [
    `--${option}${value === undefined ? '' : ` ${value}`}`,
    standard === undefined ? meaning : `${meaning} (default: ${standard})`,
  ]);
  if (rest !== undefined) rows.push([rest.name, rest.about]);
  rows.push(['--help', 'this text']);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return `${about}\n\nUsage: ${call} [OPTION…]${rest === undefined ? '' : ` ${rest.name}`}\n\n${rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n')}\n`;
}

/**
 * Reads the words after the command. Option names become camelCase; an option without a value is `true`, one with `range` a number,
 * one with `list` an array.
 * @returns {{ options: Record<string, unknown>, rest: string[] }}
 * @throws {UsageError}
 */
export function readArguments(name, args) {
  const command = COMMANDS[name];
  const wrong = (text) => new UsageError(`${text}\n\n${commandHelp(name)}`);
  const options = {};
  for (const [key, option] of Object.entries(command.options))
    if (option.default !== undefined) options[camelCase(key)] = convert(key, option, option.default, wrong);
  const rest = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index];
    // Out of habit some write a second "--" after npm's own.
    if (word === '--' && command.program === undefined) continue;
    const [, key, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const option = key === undefined || command.program ? undefined : command.options[key];
    if (option === undefined) {
      if (command.rest === undefined) throw wrong(word.startsWith('-') ? `Unknown option ${word}.` : `Unexpected argument "${word}".`);
      if (command.rest.choices?.includes(word) === false) throw wrong(`"${word}" is none of ${command.rest.choices.join(', ')}.`);
      rest.push(word);
    } else if (option.value === undefined) {
      if (inline !== undefined) throw wrong(`--${key} takes no value.`);
      options[camelCase(key)] = true;
    } else {
      const value = inline ?? args[++index];
      if (value === undefined || value === '') throw wrong(`--${key} needs a value: ${option.value}.`);
      options[camelCase(key)] = convert(key, option, value, wrong);
    }
  }
  return { options, rest };
}

function convert(key, { choices, list, range }, value, wrong) {
  if (choices?.includes(value) === false) throw wrong(`--${key} must be one of ${choices.join(', ')}, not "${value}".`);
  if (list !== undefined) {
    const unknown = value.split(',').find((item) => !list.includes(item));
    if (unknown !== undefined) throw wrong(`--${key}: "${unknown}" is none of ${list.join(', ')}.`);
    return value.split(',');
  }
  if (range === undefined) return value;
  const number = Number(value);
  if (!Number.isInteger(number) || number < range[0] || number > range[1])
    throw wrong(`--${key} must be a whole number from ${range[0]} to ${range[1]}, not "${value}".`);
  return number;
}

const camelCase = (key) => key.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
