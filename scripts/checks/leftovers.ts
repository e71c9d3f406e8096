import { globSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/**
 * Bridges and control groups of real nodes that no node uses any more, by the names that the lab gives them. Another run on this
 * machine that starts or stops a node shows up for a moment too.
 */
export function findAbandonedNodeParts(): string[] {
  const bridges = globSync('/sys/class/net/archon[0-9]*').filter((link) => globSync(`${link}/brif/*`).length === 0);
  const groups = globSync(['/sys/fs/cgroup/archon[0-9]*', '/sys/fs/cgroup/*/archon[0-9]*']).filter(
    (group) => !globSync([`${group}/cgroup.procs`, `${group}/**/cgroup.procs`]).some((file) => read(file) !== ''),
  );
  return [...bridges.map((bridge) => `network bridge ${path.basename(bridge)}`), ...groups.map((group) => `control group ${group}`)];
}

/** Processes that were started with, work in, or name the folder, and mounts below it. One line each, for people. */
export function findUsersOf(folder: string): string[] {
  const isBelow = (text: string) => text.includes(folder);
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
      return isBelow(command) || isBelow(read(`/proc/${pid}/environ`)) || isBelow(link(`/proc/${pid}/cwd`))
        ? [`process ${pid}: ${command}`]
        : [];
    });
  const mounts = read('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => isBelow(line))
    .map((line) => `mount ${line.split(' ')[4] ?? line}`);
  return [...processes, ...mounts];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // the process has just ended, or is somebody else's
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ''; // the same
  }
}
