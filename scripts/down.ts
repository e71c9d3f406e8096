import { rmSync } from 'node:fs';
import { stopLab } from '#lab';
import type { Invocation } from './invocation.js';
import { stopArchon } from './local/archon-process.js';
import { stateFolders } from './local/state.js';

/** Stops what `up` started in this checkout; with `purge` its state goes too. Stopping twice is fine. */
export async function run({ root, options, progress }: Invocation<{ purge?: boolean }>): Promise<number> {
  const state = stateFolders(root);
  const purge = options.purge === true;
  // Archon first: it would report clusters that vanish under it.
  await progress.step('stop Archon and Postgres', () => stopArchon(state));
  await progress.step('stop the clusters', () => stopLab(state.lab, { purge }));
  rmSync(state.connection, { force: true });
  rmSync(state.kubeconfig, { force: true });
  if (!purge) return 0;
  for (const folder of [state.archon, state.logs, state.lab]) rmSync(folder, { recursive: true, force: true });
  return 0;
}
