import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from './checks/run-program.js';
import type { Invocation } from './invocation.js';

/** Writes the document that the built Archon gives, or with `check` compares it with the committed one. */
export async function run({ root, options, progress }: Invocation<{ check?: boolean }>): Promise<number> {
  const { code, output, stdout } = await progress.step('openapi document', () =>
    runProgram(process.execPath, [path.join(root, 'dist/apps/archon/src/openapi.js')], { cwd: root }),
  );
  if (code !== 0) throw new Error(`the document can't be made:\n${output}`);
  const file = path.join(root, 'openapi/archon.yaml');
  if (options.check !== true) {
    writeFileSync(file, stdout);
    return 0;
  }
  if (readFileSync(file, 'utf8') === stdout) return 0;
  process.stderr.write('openapi/archon.yaml differs from what this source tree gives: npm run openapi writes it\n');
  return 1;
}
