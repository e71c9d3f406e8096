import { existsSync, globSync, rmSync } from 'node:fs';
import path from 'node:path';
import { stopEmbeddedPostgres } from '#database';
import { stopLab } from '#lab';

/** Where a run of tests or measurements keeps its clusters and its database: named after the process that owns it. */
export const runState = (root: string, kind: 'test' | 'bench', pid: number | undefined): string =>
  path.join(root, `.archon/${kind}-${pid}`);

/** Ends and removes what a run left that was killed, or that failed in its set-up. */
export async function removeRunState(state: string): Promise<void> {
  if (!existsSync(state)) return;
  await stopLab(path.join(state, 'lab'), { purge: true });
  await stopEmbeddedPostgres(path.join(state, 'postgres'));
  rmSync(state, { recursive: true, force: true });
}

/** Removes the state of runs whose process is gone. */
export async function removeDeadRuns(root: string): Promise<void> {
  for (const state of globSync(path.join(root, '.archon/{test,bench}-*'))) {
    const pid = state.slice(state.lastIndexOf('-') + 1);
    if (!existsSync(`/proc/${pid}`)) await removeRunState(state);
  }
}
