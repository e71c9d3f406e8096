/** A process for certain: ids are reused, a start time (clock ticks since boot) isn't with the same id. */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

/** What /proc/<pid>/stat tells: state letter and start time (field 22). The program's name in it may hold spaces and parentheses. */
export function readProcessStat(stat: string): { state: string; startTime: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) throw new Error('not a /proc/<pid>/stat');
  return { state, startTime };
}

/** Whether `stat` (undefined: no such process) shows this very process, alive. A zombie is dead: only its parent hasn't noticed. */
export function isSameProcess(identity: ProcessIdentity, stat: string | undefined): boolean {
  if (stat === undefined) return false;
  const found = readProcessStat(stat);
  return found.startTime === identity.startTime && found.state !== 'Z' && found.state !== 'X';
}
