import { readFileSync } from 'node:fs';

// Linux counts in hundredths of a second for every architecture that Node runs on.
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 20;

/** CPU time, user and system, of a process and of all that it started, those that have ended included. Throws when it doesn't run. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime, stime, and cutime, cstime of children that have ended.
  const own = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND;
  return children(pid).reduce((sum, child) => sum + cpuSecondsIfAlive(child), own);
}

/** Resident memory in MB of a process alone. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} has no VmRSS`);
  return Number(kilobytes) / 1000;
}

/** The most resident memory in MB that a process has while some work is done. */
export async function highestMegabytes(pid: number, work: () => Promise<void>): Promise<number> {
  let highest = residentMegabytes(pid);
  const sampling = setInterval(() => (highest = Math.max(highest, residentMegabytes(pid))), SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(sampling);
  }
  return highest;
}

function children(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

function cpuSecondsIfAlive(pid: number): number {
  try {
    return cpuSeconds(pid);
  } catch {
    return 0; // ended since its parent was read
  }
}
