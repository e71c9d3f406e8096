import type { Progress } from '#lab';

/** How scripts/archon.mjs calls a command: `run(invocation)` returns the exit code. */
export interface Invocation<Options = Record<string, never>> {
  /** The checkout, an absolute path. */
  root: string;
  /** As scripts/bootstrap/commands.mjs describes them, checked. */
  options: Options;
  /** Further arguments, for commands that take some. */
  rest: string[];
  progress: Progress & { note(text: string): void };
}
