/** The tests of one file, as text. */
export interface TestFile {
  /** Below the root of the checkout. */
  file: string;
  text: string;
}

/** A requirement and a test that is named after it. */
interface Covered {
  number: string;
  /** Without the numbers. */
  name: string;
  file: string;
}

const range = (letters: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letters}-${from + index}`);

/** What must be shown on real clusters, by a test whose name begins with the number. */
export const REQUIRED: readonly string[] = [
  ...range('PRJ', 1, 6),
  ...range('NS', 1, 20),
  ...range('APP', 1, 2),
  ...range('APP', 9, 10),
  ...range('APP', 13, 14),
  'PERM-1',
];

const INTRODUCTION = `# Coverage of requirements

Made by \`npm run coverage\` from the names of the end-to-end tests; a test says when it is out of date, or when a requirement has none. PRJ: projects; NS: namespaces and their members; APP: applications; PERM: the table of roles.

| number | tests |
| --- | --- |
`;

/** The first argument of a call, such as `it(…)` or `it.each(…)(…)`. */
const NAMED = /\(\s*(['"`])((?:PRJ|NS|APP|PERM)-\d+\b.*?)(?<!\\)\1/g;
const NUMBERS = /^((?:PRJ|NS|APP|PERM)-\d+)(?:,? (?:and )?|:? )/;

/** The whole document. */
export function toCoverage(files: readonly TestFile[]): string {
  const found = files.flatMap(coveredIn);
  const lines = REQUIRED.map((number) => {
    const tests = found
      .filter((each) => each.number === number)
      .map(({ name, file }) => `${name.replaceAll('|', '\\|')} (\`${file}\`)`)
      .sort();
    return `| ${number} | ${tests.join('<br>')} |\n`;
  });
  return `${INTRODUCTION}${lines.join('')}`;
}

/** Requirements that no test is named after. */
export function uncovered(files: readonly TestFile[]): string[] {
  const found = new Set(files.flatMap(coveredIn).map(({ number }) => number));
  return REQUIRED.filter((number) => !found.has(number));
}

function coveredIn({ file, text }: TestFile): Covered[] {
  return [...text.matchAll(NAMED)].flatMap(([, , whole = '']) => {
    const numbers: string[] = [];
    let name = whole;
    for (let match = NUMBERS.exec(name); match !== null; match = NUMBERS.exec(name)) {
      numbers.push(match[1] ?? '');
      name = name.slice(match[0].length);
    }
    return numbers.map((number) => ({ number, name, file }));
  });
}
