/** One line of the acceptance table: what a test reported when it held (`test/support/acceptance.ts`). */
export interface AcceptanceResult {
  row: string;
  what: string;
  volume: string;
  result: string;
  seed?: number;
}

const INTRODUCTION = `# Acceptance

Rows that the tests reported when they held, made by \`npm run acceptance\` from a whole run of \`npm test\`. S: attacks and bad input; F: faults; L: load; T: single threats.
A row that does not hold fails its test; a whole \`npm test\` says which rows of this table were not reported any more, and which are missing here.
To repeat a random run: \`ARCHON_TEST_SEED=<seed> npm test -- -t '<row>'\`. Larger volumes: \`npm run test:nightly\`.

| row | what | volume | result | seed |
| --- | --- | --- | --- | --- |
`;

/** Lines of JSON, one per result, as text. */
export function parseResults(lines: string): AcceptanceResult[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AcceptanceResult);
}

/** The whole document. Rows in the order of letter and number; of several reports of one row and purpose the last one. */
export function toDocument(results: readonly AcceptanceResult[]): string {
  const last = new Map(results.map((result) => [keyOf(result), result]));
  const sorted = [...last.values()].sort((a, b) => compareRows(a.row, b.row) || (a.what < b.what ? -1 : 1));
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = sorted.map(
    ({ row, what, volume, result, seed }) =>
      `| ${[row, what, volume, result].map(cell).join(' | ')} | ${seed === undefined ? '' : `\`${seed}\``} |\n`,
  );
  return `${INTRODUCTION}${lines.join('')}`;
}

/** What document and results don't have in common, in words; volumes, results and seeds may differ. */
export function differences(document: string, results: readonly AcceptanceResult[]): string[] {
  const committed = new Set(
    [...document.matchAll(/^\| ([A-Z]+-?\d+[^|]*) \| ((?:[^|\\]|\\.)*) \|/gm)].map((match) => `${match[1]}: ${match[2]}`),
  );
  const reported = new Set(results.map((result) => `${result.row}: ${result.what.replaceAll('|', '\\|')}`));
  return [
    ...[...committed].filter((row) => !reported.has(row)).map((row) => `${row}: in the table, but no test reported it`),
    ...[...reported].filter((row) => !committed.has(row)).map((row) => `${row}: reported by a test, but not in the table`),
  ];
}

const keyOf = ({ row, what }: AcceptanceResult): string => `${row}: ${what}`;

function compareRows(a: string, b: string): number {
  const [letterA = '', numberA = '0'] = a.split(/(?<=[A-Z])-?(?=\d)/);
  const [letterB = '', numberB = '0'] = b.split(/(?<=[A-Z])-?(?=\d)/);
  return letterA < letterB ? -1 : letterA > letterB ? 1 : Number.parseInt(numberA, 10) - Number.parseInt(numberB, 10);
}
