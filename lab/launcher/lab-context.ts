import type { Ports } from './ports.js';
import type { Processes } from './processes.js';
import type { Programs } from './programs.js';

/** What all clusters of one lab share. Paths are absolute. */
export interface LabContext {
  state: string;
  cache: string;
  programs: Programs;
  processes: Processes;
  ports: Ports;
}
